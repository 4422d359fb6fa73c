import { useQuery } from '@tanstack/react-query'
import { Drawer, Skeleton, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../../api/client'
import { exactText } from '../../../shared/exact'
import { count, dateTime, lastDay, money, signed } from '../../../shared/format'
import { useWord } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { factorText } from '../../program/sentences'
import { explainQuery, type Explanation } from '../queries'

type Way = Schemas['Explanation']

function Lines({ way }: { way: Way }) {
  const { t } = useTranslation()
  return (
    <div style={{ overflowX: 'auto' }}>
      <table className="explain-table">
        <thead>
          <tr>
            <th scope="col">{t('explain.line')}</th>
            <th scope="col" className="end">{t('explain.base')}</th>
            <th scope="col">{t('explain.rate')}</th>
            <th scope="col">{t('explain.factors')}</th>
            <th scope="col" className="end">{t('explain.exact')}</th>
            <th scope="col" className="end">{t('explain.share')}</th>
          </tr>
        </thead>
        <tbody>
          {way.lines.map((line) => {
            const rule = typeof line.rule === 'number' ? way.rules[line.rule] : undefined
            const factors = (line.multipliers ?? []).flatMap((place) => way.multipliers?.[place] ?? [])
            return (
              <tr key={line.line_no}>
                <td>{line.line_no}</td>
                <td className="figure end">{money(line.base)}</td>
                <td>
                  {rule ? t('explain.rate_is', { points: count(rule.rate.points), per: money(rule.rate.per) }) : t('explain.no_rule')}
                  {rule && <div className="muted">{t('explain.by_rule', { rule: rule.id })}</div>}
                </td>
                <td className="figure">{factors.length === 0 ? '—' : factors.map((one) => factorText(one.factor)).join(' ')}</td>
                <td className="figure end">{exactText(line.share)}</td>
                <td className="figure end"><strong>{count(line.points)}</strong></td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

function Multipliers({ way }: { way: Way }) {
  const { t } = useTranslation()
  return (
    <ul className="explain-list">
      {way.multipliers?.map((multiplier) => {
        const budget = way.budgets?.find((asked) => asked.multiplier === multiplier.id)
        return (
          <li key={multiplier.place}>
            <Tag variant="filled">{multiplier.id}</Tag> {factorText(multiplier.factor)}
            {budget && <span className="muted"> {t('explain.budget', { left: count(budget.left), added: count(budget.added), cut: count(budget.cut) })}</span>}
          </li>
        )
      })}
    </ul>
  )
}

function Caps({ way }: { way: Way }) {
  const { t } = useTranslation()
  const word = useWord()
  return (
    <ul className="explain-list">
      {way.caps?.map((cap) => (
        <li key={cap.cap}>{t('explain.cap_cut', { cap: word('cap', cap.cap), limit: count(cap.limit), used: count(cap.earned), before: count(cap.before), after: count(cap.after) })}</li>
      ))}
    </ul>
  )
}

interface Step {
  key: string
  said: ReactNode
}

/** The reasons of one entry in the order in which they were reckoned; only those that exist. */
function useSteps({ entry, rule_version: version, lot, order, explanation: way }: Explanation): Step[] {
  const { t } = useTranslation()
  const word = useWord()
  const channel = order?.channel ?? entry.channel
  const where = [channel && word('channel', channel), entry.shop, order?.order_no ?? entry.order_no].filter(Boolean).join(' · ')
  const at = dateTime(order?.paid_at ?? entry.at)
  const steps: Step[] = [{
    key: 'because',
    said: (
      <>
        {t(`explain.because_${entry.kind}`, { where: where || t('explain.no_order'), at: entry.kind === 'earn' ? at : dateTime(entry.at), reason: entry.key ?? '' })}{' '}
        {version ? t('explain.version', { version }) : null}
      </>
    ),
  }]
  // A claw-back or a spend is about an order too, but was not reckoned by its way to points.
  if (way && entry.kind === 'earn') {
    steps.push({ key: 'lines', said: <>{t('explain.lines', { count: way.lines.length })}<Lines way={way} /></> })
    if (way.multipliers?.length) steps.push({ key: 'multipliers', said: <>{t('explain.multipliers', { stacking: word('stacking', way.stacking) })}<Multipliers way={way} /></> })
    steps.push({ key: 'rounding', said: t('explain.rounding', { exact: exactText(way.exact), rounding: word('rounding', way.rounding), rounded: count(way.rounded) }) })
    steps.push({ key: 'caps', said: way.caps?.length ? <>{t('explain.caps')}<Caps way={way} /></> : t('explain.no_caps') })
    if (way.lines.length > 1) steps.push({ key: 'split', said: t('explain.split', { parts: way.lines.map((line) => count(line.points)).join(' + '), points: count(way.points) }) })
    steps.push({ key: 'growth', said: t('explain.growth', { exact: exactText(way.growth.exact), rounding: word('rounding', way.growth.rounding), growth: count(way.growth.points) }) })
  }
  if (lot) {
    steps.push({
      key: 'lot',
      said: lot.available_at ? t('explain.lot', { at: dateTime(lot.available_at) }) : t('explain.lot_open'),
    })
    steps.push({ key: 'expiry', said: lot.expires_at ? t('explain.expiry', { on: lastDay(lot.expires_at) }) : t('explain.never') })
  }
  return steps
}

function Steps({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation()
  const word = useWord()
  const steps = useSteps(explanation)
  const { entry } = explanation
  return (
    <>
      <div className="explain-total">
        <span>{word('entry_kind', entry.kind)}<div className="muted mono">{entry.entry_id}</div></span>
        <span><strong className="figure">{entry.points === 0 && entry.moved ? count(entry.moved) : signed(entry.points)}</strong> {t('explain.points')}</span>
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a long explanation must scroll by keyboard */}
      <ol className="explain-steps" tabIndex={0}>{steps.map(({ key, said }) => <li key={key}>{said}</li>)}</ol>
    </>
  )
}

/** Why an entry is as large as it is, in sentences. */
export function ExplainDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useTranslation()
  const query = useQuery({ ...explainQuery(id ?? ''), enabled: id !== null })
  return (
    <Drawer open={id !== null} onClose={onClose} size={660} title={t('explain.title')} destroyOnHidden>
      {query.error ? <Problem error={query.error} retry={() => void query.refetch()} /> : query.data ? <Steps explanation={query.data} /> : <Skeleton active paragraph={{ rows: 8 }} />}
    </Drawer>
  )
}
