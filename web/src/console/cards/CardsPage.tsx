import { ReadOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { App, Button, Card, Empty, Skeleton } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { State, type Tone } from '../../shared/ui/Marks'
import { Page } from '../../shared/ui/Page'
import { Problem } from '../../shared/ui/Problem'
import { changeDraft, list, nextDocument, tree } from '../program/draft'
import { programQuery } from '../program/queries'
import { useCan } from '../session/rights'
import '../wallet/wallet.css'
import { cardsOf, type CardRule } from './queries'
import { cardClauses, priceText } from './sentences'

type Sale = 'on_sale' | 'paused' | 'coming' | 'over'
const toneOfSale: Record<Sale, Tone> = { on_sale: 'good', paused: 'warn', coming: 'busy', over: 'calm' }

function saleOf({ paused, from, until }: CardRule, now: Date): Sale {
  if (paused) return 'paused'
  if (until && new Date(until) <= now) return 'over'
  return from && new Date(from) > now ? 'coming' : 'on_sale'
}

/** The cards that the program sells, as sentences; selling one is done on the member's page. */
export function CardsPage() {
  const { t, i18n } = useTranslation()
  const can = useCan()
  const { message } = App.useApp()
  const query = useQuery(programQuery)
  const [now] = useState(() => new Date())
  const pause = useWrite(
    ({ id, paused }: { id: string; paused: boolean }) => changeDraft((document) => ({ ...document, cards: list(document['cards']).map((card) => (tree(card)['id'] === id ? { ...tree(card), paused } : card)) })),
    { stale: [['program']], onDone: () => void message.success(t('wallet.plan_saved')) },
  )
  const program = query.data
  if (query.error && !program) return <Page title={t('menu.cards')}><Problem error={query.error} retry={() => void query.refetch()} /></Page>
  if (!program) return <Page title={t('menu.cards')}><Card><Skeleton active paragraph={{ rows: 5 }} /></Card></Page>
  const inForce = new Map(cardsOf(program.document).map((card) => [card.id, card]))
  const cards = cardsOf(nextDocument(program))
  const nameOf = (card: CardRule) => (i18n.language === 'zh-CN' ? card.name?.zh : card.name?.en) || card.name?.zh || card.id
  return (
    <Page title={t('menu.cards')} aside={t('card.note')} extra={can('editProgram') && <Link to="/program" search={{ tab: 'draft' }}><Button icon={<ReadOutlined />}>{t('card.edit')}</Button></Link>}>
      {pause.error && <Problem error={pause.error} />}
      {cards.length === 0 ? <Card><Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('card.none_yet')} /></Card> : (
        <ul className="plans">
          {cards.map((card) => {
            const sale = saleOf(card, now)
            return (
              <li key={card.id} className="plan">
                <div className="row between" style={{ flexWrap: 'nowrap' }}>
                  <span className="muted">{t(`card.kind_${card.kind}`)}</span>
                  <span className="row" style={{ gap: 4 }}>
                    {(inForce.get(card.id)?.paused ?? null) !== (card.paused ?? false) && <State tone="warn">{t('promo.change_changed')}</State>}
                    <State tone={toneOfSale[sale]}>{t(`card.sale_${sale}`)}</State>
                  </span>
                </div>
                <p className="plan-says">{nameOf(card)}</p>
                <strong className="figure">{priceText(t, card.price)}</strong>
                <span className="muted">{cardClauses(t, card).join(t('promo.comma'))}</span>
                {can('editProgram') && <Button size="small" style={{ alignSelf: 'flex-start', marginTop: 'auto' }} loading={pause.isPending && pause.variables.id === card.id} onClick={() => pause.mutate({ id: card.id, paused: !card.paused })}>{t(card.paused ? 'card.resume' : 'card.pause')}</Button>}
              </li>
            )
          })}
        </ul>
      )}
    </Page>
  )
}
