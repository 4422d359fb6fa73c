import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ProblemError } from '../api/client'
import { preferredLanguage, speak } from '../shared/i18n'
import { PreferencesProvider } from '../shared/preferences'
import '../shared/base.css'
import { makeRouter } from './router'

if (import.meta.env.DEV && import.meta.env['VITE_MOCK']) {
  const { installMock } = await import('../mock/server')
  installMock()
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 20_000,
      // A refusal stays a refusal; only a lost connection or a busy server is worth asking again.
      retry: (failures, error) => error instanceof ProblemError && (error.status === 0 || error.status === 503) && failures < 2,
    },
  },
})

await speak(preferredLanguage())
const root = document.getElementById('root')
if (!root) throw new Error('the page has no #root')

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <PreferencesProvider>
        <RouterProvider router={makeRouter()} />
      </PreferencesProvider>
    </QueryClientProvider>
  </StrictMode>,
)
