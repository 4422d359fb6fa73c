import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Pages } from './DataTable'

interface KeysetPage<Row> {
  items: Row[]
  next?: string | null
}

/** A keyset list, one page at a time; `load` gets the cursor of the page wanted. */
export function usePages<Row, Page extends KeysetPage<Row> = KeysetPage<Row>>(
  queryKey: readonly unknown[],
  load: (cursor: string | undefined) => Promise<Page>,
  options: { enabled?: boolean } = {},
): Pages<Row> & { first: Page | undefined } {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: options.enabled ?? true,
  })
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items), [query.data])
  return {
    rows,
    first: query.data?.pages[0],
    isLoading: query.isLoading,
    error: query.error,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
    again: () => void query.refetch(),
  }
}
