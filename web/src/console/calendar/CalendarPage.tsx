import { LeftOutlined, RightOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Alert, Button, Card, DatePicker, Empty, Input, Segmented, Select, Skeleton, Tag, Tooltip } from 'antd'
import dayjs from 'dayjs'
import { useState, type CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import { dateTime, period, today } from '../../shared/format'
import { useWord } from '../../shared/ui/Marks'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import { placesText, productsText } from '../promotions/sentences'
import { useChannels } from '../promotions/queries'
import { barsWithin, isToday, monthDays, shiftMonth, weekday, type Stretch } from './days'
import './calendar.css'
import { calendarQuery, type CalendarLine } from './queries'

const route = getRouteApi('/calendar')
const kinds = ['promotion', 'multiplier', 'coupon', 'coupon_claim', 'top_up_plan', 'mall_good'] as const

function useName() {
  const { i18n } = useTranslation()
  return (line: Pick<CalendarLine, 'name' | 'id'>) => (i18n.language === 'zh-CN' ? line.name.zh : line.name.en) || line.name.zh || line.id
}

function Where({ line }: { line: CalendarLine }) {
  const { t } = useTranslation()
  const word = useWord()
  const names = { tier: (id: string) => id, channel: (code: string) => word('channel', code) }
  const parts = [productsText(t, line.scope.include), placesText(t, line.scope.include, names)].filter((part) => part !== null)
  return <span className="muted">{parts.length > 0 ? parts.join(t('promo.comma')) : t('calendar.everywhere')}</span>
}

function windowOf(t: ReturnType<typeof useTranslation>['t'], { from, until }: { from: string | null; until: string | null }): string {
  if (from && until) return period(from, until)
  if (from) return t('sentence.since', { from: dateTime(from).slice(0, 10) })
  if (until) return t('sentence.until', { until: dateTime(new Date(new Date(until).getTime() - 1).toISOString()).slice(0, 10) })
  return t('promo.for_ever')
}

function Row({ line, whole, names }: { line: CalendarLine; whole: Stretch; names: Map<string, string> }) {
  const { t } = useTranslation()
  const nameOf = useName()
  const name = nameOf(line)
  const bars = barsWithin(whole, line.occurrences)
  const when = windowOf(t, line)
  return (
    <li className="cal-row">
      <div className="cal-label">
        {line.kind === 'promotion' ? <Link to="/promotions" search={{ edit: line.id }}><strong>{name}</strong></Link>
          : line.kind === 'coupon' || line.kind === 'coupon_claim' ? <Link to="/coupons" search={{ template: line.id }}><strong>{name}</strong></Link>
            : <strong>{name}</strong>}
        <Where line={line} />
        {line.overlaps.length > 0 && (
          <Tooltip title={<ul className="plain">{line.overlaps.map((overlap) => <li key={overlap.promotion + overlap.why}>{t(`calendar.overlap_${overlap.why}`, { name: names.get(overlap.promotion) ?? overlap.promotion })}{t(overlap.yields ? 'calendar.yields' : 'calendar.leads')}</li>)}</ul>}>
            <button type="button" className="quiet-button cal-overlap"><WarningOutlined /> {t('calendar.overlaps', { count: line.overlaps.length })}</button>
          </Tooltip>
        )}
      </div>
      <div className="cal-track">
        {bars.map((bar) => (
          <Tooltip key={bar.from} title={`${name} · ${period(bar.from, bar.until)}`}>
            <span
              className={`cal-bar ${line.kind}${line.overlaps.length > 0 ? ' overlaps' : ''}`}
              style={{ insetInlineStart: `${bar.left}%`, width: `${bar.width}%` }}
            >
              {bar.width > 14 && !line.recurs && <span>{when}</span>}
            </span>
          </Tooltip>
        ))}
        <span className="sr-only">{bars.length === 0 ? t('calendar.not_now') : line.recurs ? t('calendar.times', { count: bars.length }) : when}</span>
      </div>
    </li>
  )
}

/** What is in force when: one line each, a bar for each time it counts, and what stands in whose way. */
export function CalendarPage() {
  const { t } = useTranslation()
  const word = useWord()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const channels = useChannels()
  const nameOf = useName()
  const [now] = useState(() => new Date())
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(search.month ?? '') ? (search.month ?? '') : today(now).slice(0, 7)
  const days = monthDays(month)
  const query = useQuery(calendarQuery({
    from: days[0] ?? '',
    to: days.at(-1) ?? '',
    ...(search.version === 'draft' ? { version: 'draft' as const } : {}),
    ...(search.channel ? { channel: search.channel } : {}),
    ...(search.shop ? { shop: search.shop } : {}),
    ...(search.product ? { product: search.product } : {}),
  }))
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })
  const calendar = query.data
  const names = new Map((calendar?.items ?? []).filter(({ kind }) => kind === 'promotion').map((line) => [line.id, nameOf(line)]))
  const whole = calendar ? { from: calendar.from, until: calendar.until } : null
  const nowBar = whole ? barsWithin(whole, [{ from: now.toISOString(), until: new Date(now.getTime() + 60_000).toISOString() }])[0] : undefined
  return (
    <Page
      title={t('menu.calendar')}
      aside={t('calendar.note')}
      extra={
        <Segmented value={search.version === 'draft' ? 'draft' : 'published'} aria-label={t('calendar.version')} options={['published', 'draft'].map((value) => ({ value, label: t(`calendar.version_${value}`) }))} onChange={(next) => set({ version: next === 'draft' ? 'draft' : undefined })} />
      }
    >
      <Card className="flush">
        <div className="row block-pad">
          <Button icon={<LeftOutlined />} aria-label={t('calendar.before')} onClick={() => set({ month: shiftMonth(month, -1) })} />
          <DatePicker picker="month" allowClear={false} value={dayjs(`${month}-01`)} aria-label={t('calendar.month')} onChange={(picked) => picked && set({ month: picked.format('YYYY-MM') })} style={{ width: 130 }} />
          <Button icon={<RightOutlined />} aria-label={t('calendar.after')} onClick={() => set({ month: shiftMonth(month, 1) })} />
          <Select allowClear value={search.channel ?? null} placeholder={t('promo.any_channel')} aria-label={t('promo.field_channels')} style={{ width: 140 }} options={channels.map((channel) => ({ value: channel, label: word('channel', channel) }))} onChange={(channel: string | undefined) => set({ channel })} />
          <Input.Search key={`shop${search.shop ?? ''}`} defaultValue={search.shop ?? ''} placeholder={t('calendar.shop')} aria-label={t('calendar.shop')} style={{ width: 150 }} onSearch={(shop) => set({ shop: shop.trim() || undefined })} />
          <Input.Search key={`product${search.product ?? ''}`} defaultValue={search.product ?? ''} placeholder={t('promo.sku')} aria-label={t('promo.sku')} style={{ width: 170 }} onSearch={(product) => set({ product: product.trim() || undefined })} />
        </div>
        {query.error ? <div className="block-pad"><Problem error={query.error} retry={() => void query.refetch()} /></div> : !calendar || !whole ? <div className="block-pad"><Skeleton active paragraph={{ rows: 8 }} /></div> : (
          <>
            {calendar.truncated && <div className="block-pad"><Alert type="warning" showIcon title={t('calendar.truncated')} /></div>}
            {calendar.items.length === 0 ? <Empty style={{ padding: '40px 16px 56px' }} image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('calendar.none')} /> : (
              <div className="cal" role="region" aria-label={t('menu.calendar')}>
                <div className="cal-head" aria-hidden="true">
                  <span className="cal-label">
                    {calendar.versions.map((one) => <Tag key={`${one.version ?? 'draft'}${one.from}`} variant="filled">{one.version === null ? t('calendar.version_draft') : `v${one.version}`}</Tag>)}
                  </span>
                  <span className="cal-days" style={{ gridTemplateColumns: `repeat(${days.length}, minmax(0, 1fr))` }}>
                    {days.map((day) => (
                      <span key={day} className={`cal-day${weekday(day) > 5 ? ' weekend' : ''}${isToday(day, now) ? ' today' : ''}`}>{Number(day.slice(8))}</span>
                    ))}
                  </span>
                </div>
                {kinds.map((kind) => {
                  const lines = calendar.items.filter((line) => line.kind === kind)
                  if (lines.length === 0) return null
                  return (
                    <section key={kind} aria-label={t(`calendar.kind_${kind}`)}>
                      <h3 className="cal-kind">{t(`calendar.kind_${kind}`)} <span className="muted">{lines.length}</span></h3>
                      <ul className="cal-rows" style={{ '--cal-days': days.length } as CSSProperties}>
                        {lines.map((line) => <Row key={line.id + (line.from ?? '') + line.versions.join()} line={line} whole={whole} names={names} />)}
                      </ul>
                    </section>
                  )
                })}
                {nowBar && <span className="cal-now" aria-hidden="true" style={{ '--at': nowBar.left / 100 } as CSSProperties} />}
              </div>
            )}
          </>
        )}
      </Card>
    </Page>
  )
}
