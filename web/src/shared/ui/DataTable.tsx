import { Button, Empty, Table, type TableProps } from 'antd'
import { useEffect, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from './Problem'

/** What a keyset list answers, page after page. */
export interface Pages<Row> {
  rows: Row[] | undefined
  isLoading: boolean
  error: unknown
  hasMore: boolean
  isLoadingMore: boolean
  more: () => void
  again: () => void
}

interface DataTableProps<Row> extends Omit<TableProps<Row>, 'dataSource' | 'loading' | 'pagination'> {
  pages: Pages<Row>
  empty: ReactNode
  label: string
}

/** A list page after page: skeleton rows, an empty state with the next step, an error with retry. */
export function DataTable<Row extends object>({ pages, empty, label, ...table }: DataTableProps<Row>) {
  const { t } = useTranslation()
  const box = useRef<HTMLDivElement>(null)

  // antd measures columns in a hidden row that still holds focusable things.
  useEffect(() => {
    for (const row of box.current?.querySelectorAll('.ant-table-measure-row') ?? []) row.setAttribute('inert', '')
  })

  if (pages.error && !pages.rows) return <div className="block-pad"><Problem error={pages.error} retry={pages.again} /></div>
  return (
    <div ref={box} className="data-table" role="region" aria-label={label}>
      <Table<Row>
        size="middle"
        scroll={{ x: 'max-content' }}
        {...table}
        {...(pages.rows ? { dataSource: pages.rows } : {})}
        loading={pages.isLoading}
        pagination={false}
        locale={{ emptyText: pages.isLoading ? <div className="table-wait" /> : <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty} /> }}
      />
      {(pages.rows?.length ?? 0) > 0 && (
        <div className="table-foot">
          <span className="muted" aria-live="polite">{t('common.rows_shown', { count: pages.rows?.length ?? 0 })}</span>
          {pages.hasMore ? (
            <Button onClick={pages.more} loading={pages.isLoadingMore}>{t('common.more')}</Button>
          ) : (
            <span className="muted">{t('common.all_shown')}</span>
          )}
        </div>
      )}
    </div>
  )
}
