import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { newKey, type ProblemError } from './client'

/**
 * A change that is sent under one idempotency key until it succeeds: the same
 * input sent again after a lost answer is the same change, another input is
 * another one.
 */
export function useWrite<Input, Output>(
  send: (input: Input, key: string) => Promise<Output>,
  options: { stale?: readonly (readonly unknown[])[]; onDone?: (output: Output, input: Input) => void } = {},
) {
  const queries = useQueryClient()
  const intent = useRef<{ input: string; key: string } | null>(null)

  return useMutation<Output, ProblemError, Input>({
    mutationFn: (input) => {
      const wanted = JSON.stringify(input)
      if (intent.current?.input !== wanted) intent.current = { input: wanted, key: newKey() }
      return send(input, intent.current.key)
    },
    onSuccess: async (output, input) => {
      intent.current = null
      options.onDone?.(output, input)
      await Promise.all((options.stale ?? []).map((queryKey) => queries.invalidateQueries({ queryKey })))
    },
  })
}
