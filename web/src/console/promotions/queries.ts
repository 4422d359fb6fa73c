import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'

export type Quote = Schemas['QuotedBody']
export type Cart = Schemas['QuoteBody']

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: () => answer(client.GET('/api/v1/channels', { params: { query: { limit: 100 } } })),
  staleTime: 300_000,
})

/** The channels that orders come through, by name. */
export function useChannels(): string[] {
  const { data } = useQuery(channelsQuery)
  return (data?.items ?? []).map(({ channel }) => channel)
}

/** What the cart costs; asked again whenever it changes, the older question is dropped. */
export function quoteQuery(cart: Cart | null) {
  return queryOptions({
    queryKey: ['quote', cart],
    queryFn: ({ signal }) => answer(client.POST('/api/v1/checkout/quotes', { body: cart as Cart, signal })),
    enabled: cart !== null,
    staleTime: 30_000,
    retry: false,
    placeholderData: keepPreviousData,
  })
}
