import react from '@vitejs/plugin-react'
import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

/** One HTML entry per application; each is served under the folder it stands in. */
const entries = { console: resolve(import.meta.dirname, 'console/index.html') }

export default defineConfig({
  base: '/',
  appType: 'mpa',
  plugins: [
    react(),
    {
      // Deep links of an application open its own page, as the server does.
      name: 'application-fallback',
      configureServer(server) {
        server.middlewares.use((request, _response, next) => {
          const path = (request.url ?? '').split('?')[0] ?? ''
          if (/^\/console(\/|$)/.test(path) && !/\.\w+$/.test(path)) request.url = '/console/index.html'
          next()
        })
      },
    },
  ],
  build: {
    target: 'es2022',
    rollupOptions: { input: entries },
    chunkSizeWarningLimit: 1200,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: process.env['HUI_API_URL'] ?? 'http://127.0.0.1:8080' } },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/setup.ts'],
    testTimeout: 30_000,
  },
})
