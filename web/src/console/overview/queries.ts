import { queryOptions, keepPreviousData } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'

export type Overview = Schemas['OverviewBody']
export type Day = Schemas['DayFigures']

export function overviewQuery(from: string, to: string, compares: boolean) {
  return queryOptions({
    queryKey: ['overview', from, to, compares],
    queryFn: ({ signal }) =>
      answer(client.GET('/api/v1/overview', { params: { query: { from, to, ...(compares ? { compare: 'previous' } : {}) } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })
}
