import { cleanup, configure } from '@testing-library/react'
import { afterEach } from 'vitest'

// A busy machine draws a long table in more than the usual second.
configure({ asyncUtilTimeout: 15_000, getElementError: (message) => new Error(message ?? '') })

// What browsers have and the test's document lacks.
class Observer {
  observe() {}
  unobserve() {}
  disconnect() {}
}
globalThis.ResizeObserver ??= Observer as unknown as typeof ResizeObserver

afterEach(() => {
  cleanup()
  localStorage.clear()
  sessionStorage.clear()
})
