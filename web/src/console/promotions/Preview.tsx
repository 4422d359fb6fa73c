import { BulbOutlined, DeleteOutlined, GiftOutlined, PlusOutlined, UserOutlined } from '@ant-design/icons'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Checkbox, Empty, Input, Select, Skeleton, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count, money } from '../../shared/format'
import { useWord } from '../../shared/ui/Marks'
import { Problem } from '../../shared/ui/Problem'
import { Whole, Yuan } from '../../shared/ui/inputs'
import { useSettled } from '../../shared/useSettled'
import { searchMembers, type MemberRow } from '../members/queries'
import { TierOf } from '../members/TierOf'
import { useTiers } from '../program/queries'
import { cartOf, linesFor, newLine, type Basket, type CartLine } from './cart'
import type { Promotion } from './promotion'
import { quoteQuery, useChannels, type Quote } from './queries'

type Named = (offer: { kind: string; id?: string | null }) => string

function useOfferName(promotions: Promotion[]): Named {
  const { t, i18n } = useTranslation()
  const names = new Map(promotions.map((promotion) => [promotion.id, (i18n.language === 'zh-CN' ? promotion.name?.zh : promotion.name?.en) || promotion.name?.zh || promotion.id]))
  return ({ kind, id }) => {
    if (kind === 'promotion') return names.get(id ?? '') ?? id ?? ''
    if (kind === 'coupon') return t('cart.coupon', { code: (id ?? '').slice(-4) })
    return t(`cart.offer_${kind}`, { defaultValue: kind })
  }
}

function fixText(t: ReturnType<typeof useTranslation>['t'], fix: Quote['nearly'][number]['add'], named: Named): string {
  switch (fix.do) {
    case 'add_spend': return t('cart.add_spend', { amount: money(fix.amount ?? 0) })
    case 'add_pieces': return t('cart.add_pieces', { count: fix.pieces ?? 0 })
    case 'use_points': return t('cart.use_points', { points: count(fix.points ?? 0) })
    case 'use_wallet': return t('cart.use_wallet', { amount: money(fix.amount ?? 0) })
    default: return fix.offer ? t('cart.without', { offer: named(fix.offer) }) : ''
  }
}

function Buyer({ member, onChoose }: { member: MemberRow | null; onChoose: (member: MemberRow | null) => void }) {
  const { t } = useTranslation()
  const tiers = useTiers()
  const find = useMutation({
    mutationFn: async (by: { text?: string; tier?: string }) => (await searchMembers({ text: by.text ?? null, tier: by.tier ?? null, limit: 1 })).items[0] ?? null,
    onSuccess: (found) => found && onChoose(found),
  })
  if (member) {
    return (
      <div className="row between cart-buyer">
        <span className="row" style={{ gap: 8 }}>
          <UserOutlined /> <strong>{member.name ?? t('members.nameless')}</strong> <TierOf tier={member.tier} />
          <span className="muted">{t('cart.has_points', { points: count(member.points_available) })}</span>
        </span>
        <Button size="small" type="text" onClick={() => onChoose(null)}>{t('cart.leave')}</Button>
      </div>
    )
  }
  return (
    <div className="stack" style={{ gap: 6 }}>
      <div className="cart-pair">
        <Select
          value={undefined}
          placeholder={t('cart.any_of_tier')}
          aria-label={t('cart.any_of_tier')}
          loading={find.isPending}
          options={tiers.ladder.map((rung) => ({ value: rung.id, label: rung.label }))}
          onChange={(tier: string) => find.mutate({ tier })}
        />
        <Input.Search
          placeholder={t('cart.find_member')}
          aria-label={t('cart.find_member')}
          autoComplete="off"
          loading={find.isPending}
          onSearch={(text) => text.trim() && find.mutate({ text: text.trim() })}
        />
      </div>
      {find.error ? <Problem error={find.error} /> : <span className="muted" aria-live="polite">{find.isSuccess && find.data === null ? t('cart.nobody_found') : t('cart.passer_by')}</span>}
    </div>
  )
}

function LineRow({ line, priced, named, onChange, onRemove }: { line: CartLine; priced: Quote['lines'][number] | undefined; named: Named; onChange: (line: CartLine) => void; onRemove: () => void }) {
  const { t } = useTranslation()
  return (
    <li>
      <div className="cart-line">
        <Input size="small" value={line.sku} aria-label={t('cart.sku')} placeholder={t('cart.sku')} onChange={(event) => onChange({ ...line, sku: event.target.value })} />
        <Input size="small" value={line.category} aria-label={t('cart.category')} placeholder={t('cart.category')} onChange={(event) => onChange({ ...line, category: event.target.value })} />
        <Whole label={t('cart.quantity')} value={line.quantity} max={999} width={60} onChange={(quantity) => onChange({ ...line, quantity })} />
        <Yuan label={t('cart.price')} value={line.price} width={104} onChange={(price) => onChange({ ...line, price })} />
        <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t('cart.remove_line')} onClick={onRemove} />
      </div>
      {priced && (
        <div className="cart-priced">
          <span className="cart-why">
            {priced.adjustments.map((adjustment) => (
              <span key={`${adjustment.source}${adjustment.id}${adjustment.amount}`}><span className="cart-cut figure">−{money(adjustment.amount)}</span> {named({ kind: adjustment.source, id: adjustment.id })}</span>
            ))}
          </span>
          <span className="figure">{priced.net !== priced.gross && <s className="muted">{money(priced.gross)}</s>} <strong>{money(priced.net)}</strong></span>
        </div>
      )}
    </li>
  )
}

function Result({ quote, named }: { quote: Quote; named: Named }) {
  const { t } = useTranslation()
  const word = useWord()
  const [showsAll, setShowsAll] = useState(false)
  const gross = quote.lines.reduce((sum, line) => sum + line.gross, 0) + quote.shipping.reduce((sum, delivery) => sum + delivery.gross, 0)
  const off = new Map<string, { name: string; amount: number }>()
  for (const { adjustments } of [...quote.lines, ...quote.shipping]) {
    for (const { source, id, amount } of adjustments) {
      const known = off.get(`${source}:${id}`)
      off.set(`${source}:${id}`, { name: named({ kind: source, id }), amount: (known?.amount ?? 0) + amount })
    }
  }
  const { points, wallet } = quote.tenders
  const rows = showsAll ? quote.unavailable : quote.unavailable.slice(0, 5)
  return (
    <>
      {quote.nearly.map((one) => (
        <div key={`${one.offer.kind}${one.offer.id ?? ''}`} className="cart-nearly">
          <BulbOutlined aria-hidden="true" />
          <span>{t(one.saves > 0 ? 'cart.nearly' : 'cart.nearly_gift', { add: fixText(t, one.add, named), saves: money(one.saves), offer: named(one.offer) })}</span>
        </div>
      ))}
      <dl className="cart-sum">
        <div><dt>{t('cart.list_total')}</dt><dd className="figure">{money(gross)}</dd></div>
        {[...off.entries()].map(([key, { name, amount }]) => <div key={key}><dt>{name}</dt><dd className="figure cart-cut">−{money(amount)}</dd></div>)}
        {points.used > 0 && <div><dt>{t('cart.points_pay', { points: count(points.used) })}</dt><dd className="figure">−{money(points.money)}</dd></div>}
        {wallet.principal + wallet.bonus > 0 && <div><dt>{t('cart.wallet_pays', { principal: money(wallet.principal), bonus: money(wallet.bonus) })}</dt><dd className="figure">−{money(wallet.principal + wallet.bonus)}</dd></div>}
        <div className="cart-total"><dt>{t('cart.to_pay')}</dt><dd className="figure">{money(quote.to_pay)}</dd></div>
      </dl>
      {quote.gifts.map((gift) => <p key={`${gift.offer.id ?? ''}${gift.sku}`}><GiftOutlined /> {t('cart.gift', { sku: gift.sku, count: gift.quantity })} <span className="muted">{named(gift.offer)}</span></p>)}
      {quote.member_id && <p className="muted">{t('cart.earns', { points: count(quote.earns.points), growth: count(quote.earns.growth) })}</p>}
      {quote.unavailable.length > 0 && (
        <section>
          <h3 className="cart-heading">{t('cart.not_applied')}</h3>
          <ul className="cart-refused">
            {rows.map((one) => (
              <li key={`${one.offer.kind}${one.offer.id ?? ''}${one.code}`}>
                <span>{named(one.offer)}</span>
                <span className="muted">{word('why', one.code)}{one.fix && t('cart.fix', { fix: fixText(t, one.fix, named) })}</span>
              </li>
            ))}
          </ul>
          {quote.unavailable.length > rows.length && <Button type="link" size="small" onClick={() => setShowsAll(true)}>{t('cart.show_all', { count: quote.unavailable.length })}</Button>}
        </section>
      )}
      <p className="muted cart-foot">{t('cart.by_version', { version: quote.rules_version })}</p>
    </>
  )
}

/** A cart to try promotions on: priced by the server while one types, nothing is booked. */
export function Preview({ promotions, about = null }: { promotions: Promotion[]; about?: Promotion | null }) {
  const { t } = useTranslation()
  const word = useWord()
  const channels = useChannels()
  const named = useOfferName(promotions)
  const [buyer, setBuyer] = useState<MemberRow | null>(null)
  const [basket, setBasket] = useState<Omit<Basket, 'member'>>(() => ({
    channel: about?.scope?.include?.channels?.[0] ?? 'pos', shop: '', lines: linesFor(about), shipping: 0, coupons: true, points: false, wallet: false,
  }))
  const set = (change: Partial<typeof basket>) => setBasket((old) => ({ ...old, ...change }))
  const cart = useSettled(JSON.stringify(cartOf({ ...basket, member: buyer?.member_id ?? null })))
  const query = useQuery(quoteQuery(JSON.parse(cart) as ReturnType<typeof cartOf>))
  const quote = query.data
  const offered = channels.includes(basket.channel) ? channels : [basket.channel, ...channels]
  const filled = basket.lines.filter((line) => line.sku.trim() !== '' && (line.quantity ?? 0) > 0)
  return (
    <Card className="cart" title={<h2 className="card-title">{t('cart.title')}</h2>} extra={<Tag variant="filled">{t('cart.nothing_booked')}</Tag>}>
      <div className="stack" style={{ gap: 14 }}>
        <Buyer member={buyer} onChoose={setBuyer} />
        <div className="cart-pair">
          <Select value={basket.channel} aria-label={t('cart.channel')} options={offered.map((channel) => ({ value: channel, label: word('channel', channel) }))} onChange={(channel: string) => set({ channel })} />
          <Input value={basket.shop} aria-label={t('cart.shop')} placeholder={t('cart.shop')} onChange={(event) => set({ shop: event.target.value })} />
        </div>
        <ul className="cart-lines" aria-label={t('cart.lines')}>
          {basket.lines.map((line) => (
            <LineRow
              key={line.key}
              line={line}
              priced={quote?.lines[filled.indexOf(line)]}
              named={named}
              onChange={(next) => set({ lines: basket.lines.map((one) => (one.key === line.key ? next : one)) })}
              onRemove={() => set({ lines: basket.lines.filter((one) => one.key !== line.key) })}
            />
          ))}
        </ul>
        <div className="row between">
          <Button type="dashed" size="small" icon={<PlusOutlined />} onClick={() => set({ lines: [...basket.lines, newLine({ category: basket.lines.at(-1)?.category ?? '' })] })}>{t('cart.add_line')}</Button>
          <label className="row" style={{ gap: 6 }}><span className="muted">{t('cart.shipping')}</span><Yuan label={t('cart.shipping')} value={basket.shipping} width={96} onChange={(shipping) => set({ shipping })} /></label>
        </div>
        {buyer && (
          <div className="row">
            {(['coupons', 'points', 'wallet'] as const).map((asset) => (
              <Checkbox key={asset} checked={basket[asset]} onChange={(event) => set({ [asset]: event.target.checked })}>{t(`cart.with_${asset}`)}</Checkbox>
            ))}
          </div>
        )}
        <div aria-live="polite" aria-busy={query.isFetching} className={query.isFetching ? 'cart-result busy' : 'cart-result'}>
          {query.error ? <Problem error={query.error} retry={() => void query.refetch()} />
            : cart === 'null' ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('cart.empty')} />
              : quote ? <Result quote={quote} named={named} /> : <Skeleton active paragraph={{ rows: 4 }} />}
        </div>
        {about && <Alert type="info" showIcon title={t('cart.published_only')} />}
      </div>
    </Card>
  )
}
