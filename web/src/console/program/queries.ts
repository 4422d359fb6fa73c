import { queryOptions, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { parse } from 'yaml'
import { answer, client, type Schemas } from '../../api/client'
import { readProgram, type Rung } from './document'

export type Program = Schemas['ProgramBody']
export type Version = Schemas['VersionBody']

export const programQuery = queryOptions({
  queryKey: ['program'],
  queryFn: () => answer(client.GET('/api/v1/program')),
  staleTime: 300_000,
})

/** The text is YAML; the server keeps the document that it says. */
export function saveDraft(yaml: string) {
  return answer(client.PUT('/api/v1/program/draft', { body: parse(yaml) as Record<string, unknown> }))
}

export interface TierName extends Rung {
  label: string
  place: number
}

/** The ladder of the program in force, and how to name and place a tier by its id. */
export function useTiers() {
  const { i18n } = useTranslation()
  const { data } = useQuery(programQuery)
  return useMemo(() => {
    const ladder: TierName[] = (data ? readProgram(data.document).tiers.ladder : []).map((rung, place) => ({
      ...rung,
      place,
      label: i18n.language === 'zh-CN' ? rung.name.zh : rung.name.en,
    }))
    const byId = new Map(ladder.map((rung) => [rung.id, rung]))
    return {
      ladder,
      label: (id: string | null | undefined) => (id ? (byId.get(id)?.label ?? id) : '—'),
      place: (id: string | null | undefined) => (id ? (byId.get(id)?.place ?? 0) : 0),
    }
  }, [data, i18n.language])
}
