import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Input, InputNumber, Select, Space, TimePicker } from 'antd'
import dayjs from 'dayjs'
import { useTranslation } from 'react-i18next'
import { Whole, Yuan } from '../../shared/ui/inputs'
import { useTiers } from '../program/queries'
import type { Hours, Off } from './promotion'
import { foldText } from './sentences'

interface Controlled<Value> {
  id?: string
  value?: Value
  onChange?: (value: Value) => void
}

type OffKind = 'percent' | 'share' | 'amount' | 'price'

function kindOf(off: Off | undefined): OffKind {
  if (!off) return 'percent'
  return 'percent' in off ? 'percent' : 'share' in off ? 'share' : 'amount' in off ? 'amount' : 'price'
}

const usualKinds: OffKind[] = ['percent', 'amount', 'price']
const noHours: Hours[] = []
const noPrices: Record<string, unknown> = {}

/** How much cheaper: a percentage (said as 折 too), an amount, or a price. */
export function OffInput({ id, value, onChange, kinds = usualKinds, label }: Controlled<Off> & { kinds?: OffKind[]; label?: string }) {
  const { t } = useTranslation()
  const kind = kindOf(value)
  const offered = kinds.includes(kind) ? kinds : [...kinds, kind]
  const choose = (next: OffKind) => {
    if (next === 'percent') onChange?.({ percent: 20 })
    if (next === 'share') onChange?.({ share: { num: 1, den: 3 } })
    if (next === 'amount') onChange?.({ amount: 1000 })
    if (next === 'price') onChange?.({ price: 9900 })
  }
  return (
    <Space.Compact block>
      <Select
        value={kind}
        aria-label={t('promo.off_kind')}
        style={{ width: 124 }}
        options={offered.map((one) => ({ value: one, label: t(`promo.off_kind_${one}`) }))}
        onChange={choose}
      />
      {kind === 'percent' && (
        <InputNumber<number>
          {...(id === undefined ? {} : { id })}
          {...(label === undefined ? {} : { 'aria-label': label })}
          value={value && 'percent' in value ? value.percent : null}
          min={1}
          max={100}
          precision={0}
          suffix={<span className="muted">{value && 'percent' in value ? (value.percent === 100 ? t('promo.percent_free') : t('promo.percent_means', { fold: foldText(value.percent) })) : '%'}</span>}
          style={{ flex: 1 }}
          onChange={(percent) => percent !== null && onChange?.({ percent })}
        />
      )}
      {kind === 'amount' && <Yuan {...(id === undefined ? {} : { id })} label={label ?? t('promo.off_kind_amount')} value={value && 'amount' in value ? value.amount : null} min={1} onChange={(amount) => amount !== null && onChange?.({ amount })} />}
      {kind === 'price' && <Yuan {...(id === undefined ? {} : { id })} label={label ?? t('promo.off_kind_price')} value={value && 'price' in value ? value.price : null} onChange={(price) => price !== null && onChange?.({ price })} />}
      {kind === 'share' && value && 'share' in value && (
        <>
          <Whole label={t('promo.share_num')} value={value.share.num} onChange={(num) => num !== null && onChange?.({ share: { ...value.share, num } })} />
          <Whole label={t('promo.share_den')} value={value.share.den} onChange={(den) => den !== null && onChange?.({ share: { ...value.share, den } })} />
        </>
      )}
    </Space.Compact>
  )
}

// What asks about a member fails for passers-by.
const anyMember = "member.tier != ''"

function tiersOf(audience: string): string[] | null {
  const one = /^member\.tier == ['"]([\w-]+)['"]$/.exec(audience)
  if (one?.[1]) return [one[1]]
  const several = /^member\.tier in \[([^\]]*)\]$/.exec(audience)
  if (!several) return null
  const ids = (several[1] ?? '').split(',').map((id) => /^\s*['"]([\w-]+)['"]\s*$/.exec(id)?.[1])
  return ids.every((id) => id !== undefined) ? ids : null
}

function ofTiers(ids: string[]): string {
  const [only] = ids
  return ids.length === 1 && only ? `member.tier == '${only}'` : `member.tier in [${ids.map((id) => `'${id}'`).join(', ')}]`
}

/** For whom: everyone, members of tiers, or an expression for those who know the language. */
export function AudienceInput({ id, value = 'true', onChange }: Controlled<string>) {
  const { t } = useTranslation()
  const tiers = useTiers()
  const chosen = tiersOf(value.trim())
  const kind = value.trim() === 'true' ? 'everyone' : value.trim() === anyMember ? 'members' : chosen ? 'tiers' : 'expression'
  const choose = (next: string) => {
    if (next === 'everyone') onChange?.('true')
    if (next === 'members') onChange?.(anyMember)
    if (next === 'tiers') onChange?.(ofTiers(tiers.ladder.slice(-1).map((rung) => rung.id)))
    if (next === 'expression') onChange?.(kind === 'everyone' ? 'order.first' : ` ${value.trim()}`)
  }
  const isWritten = kind === 'expression' || value.startsWith(' ')
  return (
    <div className="stack" style={{ gap: 8 }}>
      <Select
        {...(id === undefined ? {} : { id })}
        value={isWritten ? 'expression' : kind}
        options={['everyone', 'members', 'tiers', 'expression'].map((one) => ({ value: one, label: t(`promo.audience_${one}`) }))}
        onChange={choose}
      />
      {!isWritten && kind === 'tiers' && (
        <Select
          mode="multiple"
          value={chosen ?? []}
          aria-label={t('promo.audience_tiers')}
          options={tiers.ladder.map((rung) => ({ value: rung.id, label: rung.label }))}
          onChange={(ids: string[]) => ids.length > 0 && onChange?.(ofTiers(ids))}
        />
      )}
      {isWritten && <Input.TextArea className="mono" aria-label={t('promo.audience_expression')} value={value.trimStart()} autoSize={{ minRows: 1, maxRows: 5 }} onChange={(event) => onChange?.(` ${event.target.value}`)} />}
    </div>
  )
}

const time = (text: string) => dayjs(`2000-01-01T${text === '24:00' ? '00:00' : text}`)

/** Stretches of the day; one that ends before it begins runs over midnight. */
export function HoursInput({ value = noHours, onChange }: Controlled<Hours[]>) {
  const { t } = useTranslation()
  return (
    <div className="stack" style={{ gap: 8 }}>
      {value.map((hours, place) => (
        <span key={`${hours.from}${hours.until}`} className="row" style={{ flexWrap: 'nowrap' }}>
          <TimePicker.RangePicker
            value={[time(hours.from), time(hours.until)]}
            format="HH:mm"
            order={false}
            minuteStep={5}
            allowClear={false}
            style={{ flex: 1 }}
            onChange={(picked) => {
              const [from, until] = picked ?? []
              if (from && until) onChange?.(value.map((one, at) => (at === place ? { from: from.format('HH:mm'), until: until.format('HH:mm') } : one)))
            }}
          />
          <Button type="text" icon={<DeleteOutlined />} aria-label={t('promo.remove_hours')} onClick={() => onChange?.(value.filter((_, at) => at !== place))} />
        </span>
      ))}
      <Button type="dashed" size="small" icon={<PlusOutlined />} onClick={() => onChange?.([...value, { from: '18:00', until: '20:00' }])} style={{ alignSelf: 'flex-start' }}>{t('promo.add_hours')}</Button>
    </div>
  )
}

type MemberPrices = { tiers?: Record<string, number>; member?: number | null }

const prices = (price: unknown): MemberPrices => (typeof price === 'object' && price !== null ? price : {})

/** A price for each product; for members also one for each tier. */
export function PricesInput({ value = noPrices, onChange, byTier = false }: Controlled<Record<string, unknown>> & { byTier?: boolean }) {
  const { t } = useTranslation()
  const tiers = useTiers()
  const rows = Object.entries(value)
  const put = (sku: string, price: unknown) => onChange?.({ ...value, [sku]: price })
  const rename = (old: string, sku: string) => onChange?.(Object.fromEntries(rows.map(([name, price]) => [name === old ? sku : name, price])))
  return (
    <div className="stack" style={{ gap: 8 }}>
      {rows.map(([sku, price]) => (
        <div key={sku} className="promo-prices">
          <span className="row" style={{ flexWrap: 'nowrap' }}>
            <Input defaultValue={sku} aria-label={t('promo.sku')} placeholder={t('promo.sku')} onBlur={(event) => rename(sku, event.target.value.trim())} />
            {!byTier && <Yuan label={t('promo.price_of', { sku })} value={typeof price === 'number' ? price : null} width={150} onChange={(fen) => put(sku, fen)} />}
            <Button type="text" icon={<DeleteOutlined />} aria-label={t('promo.remove_product', { sku })} onClick={() => onChange?.(Object.fromEntries(rows.filter(([name]) => name !== sku)))} />
          </span>
          {byTier && (
            <span className="promo-tiers">
              {tiers.ladder.map((rung) => (
                <label key={rung.id}>
                  <span className="muted">{rung.label}</span>
                  <Yuan value={prices(price).tiers?.[rung.id] ?? null} onChange={(fen) => {
                    const { [rung.id]: _, ...rest } = prices(price).tiers ?? {}
                    put(sku, { ...prices(price), tiers: fen === null ? rest : { ...rest, [rung.id]: fen } })
                  }} />
                </label>
              ))}
              <label><span className="muted">{t('promo.other_members')}</span><Yuan value={prices(price).member ?? null} onChange={(fen) => put(sku, { ...prices(price), member: fen })} /></label>
            </span>
          )}
        </div>
      ))}
      <Button
        type="dashed"
        size="small"
        icon={<PlusOutlined />}
        disabled={rows.some(([sku]) => sku === '')}
        onClick={() => put('', byTier ? {} : null)}
        style={{ alignSelf: 'flex-start' }}
      >
        {t('promo.add_product')}
      </Button>
    </div>
  )
}
