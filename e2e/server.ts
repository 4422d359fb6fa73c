import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok
  } catch {
    return false
  }
}

/** Starts the demo in a folder of its own unless `HUI_E2E_URL` names a running server. */
export default async function start(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.HUI_E2E_URL) return undefined
  const binary = resolve(process.env.HUI_BINARY ?? '../target/debug/hui')
  const folder = mkdtempSync(join(tmpdir(), 'hui-e2e-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const log = join(folder, 'server.log')
  const output = openSync(log, 'a')
  const child = spawn(binary, ['demo', '--scale', 'small'], {
    // The sample's folder is named from the project's root.
    cwd: resolve('..'),
    env: { ...process.env, HUI_LISTEN: url.slice('http://'.length), HUI_DATA_DIR: folder, HUI_DATABASE_URL: `sqlite://${join(folder, 'hui.db')}` },
    stdio: ['ignore', output, output],
  })
  const ended = once(child, 'exit')
  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  const deadline = Date.now() + 300_000
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      const said = readFileSync(log, 'utf8')
      await stop()
      throw new Error(`${binary} did not become ready:\n${said}`)
    }
    await new Promise((wake) => setTimeout(wake, 500))
  }
  process.env.HUI_E2E_URL = url
  return stop
}
