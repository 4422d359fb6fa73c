import { queryOptions } from '@tanstack/react-query'
import { answer, client, type Schemas } from '../../api/client'

export type Calendar = Schemas['CalendarBody']
export type CalendarLine = Schemas['CalendarLine']

export interface CalendarAsked {
  from: string
  to: string
  version?: 'draft'
  channel?: string
  shop?: string
  product?: string
  category?: string
}

export function calendarQuery(asked: CalendarAsked) {
  return queryOptions({
    queryKey: ['calendar', asked],
    queryFn: ({ signal }) => answer(client.GET('/api/v1/program/calendar', { params: { query: asked }, signal })),
    staleTime: 60_000,
  })
}
