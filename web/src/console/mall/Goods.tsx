import { getRouteApi } from '@tanstack/react-router'
import { App, Button, Card, Segmented } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { count, date, money, period } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { State, type Tone } from '../../shared/ui/Marks'
import { Used } from '../../shared/ui/Used'
import { usePages } from '../../shared/ui/usePages'
import { TierOf } from '../members/TierOf'
import { useCan } from '../session/rights'
import { GoodForm } from './GoodForm'
import { changeGood, loadGoods, type Good, type GoodShown } from './queries'

const route = getRouteApi('/mall')

export type GoodState = 'on_sale' | 'coming' | 'over' | 'sold_out' | 'off'
const toneOfGood: Record<GoodState, Tone> = { on_sale: 'good', coming: 'busy', over: 'calm', sold_out: 'warn', off: 'calm' }

/** What of it can be had now. */
export function goodState({ good, listed, taken }: Pick<GoodShown, 'good' | 'listed' | 'taken'>, now: Date): GoodState {
  if (!listed) return 'off'
  if (good.until && new Date(good.until) <= now) return 'over'
  if (good.from && new Date(good.from) > now) return 'coming'
  if (typeof good.stock === 'number' && taken >= good.stock) return 'sold_out'
  return 'on_sale'
}

function Window({ good }: { good: Good }) {
  const { t } = useTranslation()
  if (good.from && good.until) return <>{period(good.from, good.until)}</>
  if (good.from) return <>{t('sentence.since', { from: date(good.from) })}</>
  if (good.until) return <>{t('sentence.until', { until: date(new Date(new Date(good.until).getTime() - 1).toISOString()) })}</>
  return <span className="muted">{t('promo.for_ever')}</span>
}

/** The goods of the mall: price in points, what is left, who may have them and when. */
export function Goods() {
  const { t, i18n } = useTranslation()
  const can = useCan()
  const { message } = App.useApp()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const listed = tab === 'off' ? false : tab === 'all' ? undefined : true
  const pages = usePages<GoodShown>(['goods', tab ?? 'listed'], (cursor) => loadGoods(listed, cursor))
  const [editing, setEditing] = useState<GoodShown | null>(null)
  const put = useWrite(({ id, to }: { id: string; to: boolean }) => changeGood(id, { listed: to }), {
    stale: [['goods']],
    onDone: (_, { to }) => void message.success(t(to ? 'mall.listed_done' : 'mall.unlisted_done')),
  })
  const nameOf = ({ good, good_id }: GoodShown) => (i18n.language === 'zh-CN' ? good.name.zh : good.name.en) || good.name.zh || good_id
  const [now] = useState(() => new Date())
  return (
    <Card className="flush">
      <div className="row block-pad">
        <Segmented value={tab === 'off' || tab === 'all' ? tab : 'listed'} aria-label={t('promo.state')} options={['listed', 'off', 'all'].map((value) => ({ value, label: t(`mall.filter_${value}`) }))} onChange={(next) => void navigate({ search: { tab: next === 'listed' ? undefined : String(next) } })} />
      </div>
      <DataTable<GoodShown>
        label={t('mall.tab_goods')}
        pages={pages}
        rowKey="good_id"
        empty={t('mall.none_yet')}
        columns={[
          { title: t('mall.good'), render: (_, row) => (can('editProgram') ? <button type="button" className="link-button" onClick={() => setEditing(row)}><strong>{nameOf(row)}</strong></button> : <strong>{nameOf(row)}</strong>) },
          { title: t('mall.kind'), render: (_, row) => t(`mall.kind_${row.good.kind}`, { defaultValue: row.good.kind }) },
          { title: t('mall.price'), align: 'right', className: 'figure', render: (_, row) => <><strong>{t('mall.points_of', { points: count(row.good.points) })}</strong>{row.good.cash ? ` + ${money(row.good.cash)}` : ''}</> },
          { title: t('promo.state'), render: (_, row) => { const state = goodState(row, now); return <State tone={toneOfGood[state]}>{t(`mall.state_${state}`)}</State> } },
          { title: t('mall.taken'), render: (_, row) => <Used label={t('mall.taken')} used={row.taken} of={row.good.stock} text={count} /> },
          { title: t('mall.per_member'), align: 'right', className: 'figure', render: (_, row) => row.good.per_member ?? <span className="muted">{t('promo.no_limit')}</span> },
          { title: t('mall.tiers'), render: (_, row) => (row.good.tiers?.length ? <span className="row" style={{ gap: 4 }}>{row.good.tiers.map((tier) => <TierOf key={tier} tier={tier} />)}</span> : <span className="muted">{t('mall.all_tiers')}</span>) },
          { title: t('mall.window'), render: (_, row) => <Window good={row.good} /> },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => can('editProgram') && (
              <Button size="small" type="text" danger={row.listed} loading={put.isPending && put.variables.id === row.good_id} onClick={() => put.mutate({ id: row.good_id, to: !row.listed })}>{t(row.listed ? 'mall.unlist' : 'mall.list')}</Button>
            ),
          },
        ]}
      />
      <GoodForm key={editing?.good_id} shown={editing} open={editing !== null} onClose={() => setEditing(null)} />
    </Card>
  )
}
