import { useSyncExternalStore } from 'react'

// What was searched for may be a phone number: it lives in this page's memory
// alone, never in the URL, the history or the browser's storage.
let text = ''
const listeners = new Set<() => void>()

export function setSearchText(next: string) {
  text = next.trim()
  for (const listener of listeners) listener()
}

export function useSearchText(): string {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => text,
  )
}
