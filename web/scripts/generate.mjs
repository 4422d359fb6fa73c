// Writes src/api/schema.ts from the server's document (openapi.json). What the
// console needs and the server does not describe yet comes from
// openapi.wanted.json; where both describe something, the server is right.
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { readFileSync, writeFileSync } from 'node:fs'

const read = (file) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'))
const wanted = read('openapi.wanted.json')
const server = read('openapi.json')

const paths = { ...server.paths }
const missing = []
for (const [path, methods] of Object.entries(wanted.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    if (paths[path]?.[method]) continue
    paths[path] = { ...paths[path], [method]: operation }
    missing.push(`${method.toUpperCase()} ${path}`)
  }
}
for (const methods of Object.values(paths)) {
  for (const operation of Object.values(methods)) {
    // The console asks by path and method; names of operations need not be unique for that.
    delete operation.operationId
    // Every refusal has the same body, which `default` describes.
    for (const status of Object.keys(operation.responses)) {
      if (/^[45]/.test(status)) delete operation.responses[status]
    }
  }
}
const schemas = { ...wanted.components.schemas, ...server.components.schemas }
const document = { ...server, paths, components: { ...server.components, schemas } }

writeFileSync(new URL('../src/api/schema.ts', import.meta.url), COMMENT_HEADER + astToString(await openapiTS(document)))
if (missing.length > 0) process.stdout.write(`not described by the server yet:\n  ${missing.join('\n  ')}\n`)
