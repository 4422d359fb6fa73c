import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { render } from '@testing-library/react'
import { makeRouter } from '../console/router'
import { installMock, type MockState } from '../mock/server'
import { PreferencesProvider } from '../shared/preferences'

/** The whole console at `path`, against the API in memory. */
export function openConsole(path: string, state: Partial<MockState> = {}): MockState {
  globalThis.history.replaceState(null, '', `/console${path}`)
  const mock = installMock({ isSignedIn: true, ...state })
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={queries}>
      <PreferencesProvider>
        <RouterProvider router={makeRouter()} />
      </PreferencesProvider>
    </QueryClientProvider>,
  )
  return mock
}
