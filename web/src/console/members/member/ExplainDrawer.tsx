import { CheckOutlined, MinusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Drawer, Skeleton, Tag } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { count, dateTime, lastDay, money, signed } from '../../../shared/format'
import { useWord } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { useTiers } from '../../program/queries'
import { factorText } from '../../program/sentences'
import { explainQuery, type Explanation } from '../queries'

function Lines({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation()
  return (
    <table className="explain-table">
      <thead>
        <tr>
          <th scope="col">{t('explain.line')}</th>
          <th scope="col" className="end">{t('explain.base')}</th>
          <th scope="col">{t('explain.rate')}</th>
          <th scope="col" className="end">{t('explain.exact')}</th>
          <th scope="col" className="end">{t('explain.share')}</th>
        </tr>
      </thead>
      <tbody>
        {explanation.lines.map((line) => (
          <tr key={line.line_no}>
            <td>{line.line_no} · {line.sku ?? '—'}{line.category && <div className="muted">{line.category}</div>}</td>
            <td className="figure end">{money(line.base)}</td>
            <td>
              {line.rate ? t('explain.rate_is', { points: count(line.rate.points), per: money(line.rate.per) }) : t('explain.no_rule')}
              {line.rule && <div className="muted">{t('explain.by_rule', { rule: line.rule })}</div>}
            </td>
            <td className="figure end">{line.exact}</td>
            <td className="figure end"><strong>{count(line.points)}</strong></td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Multipliers({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation()
  return (
    <ul className="explain-list">
      {explanation.multipliers.map((multiplier) => (
        <li key={multiplier.id}>
          {multiplier.applied ? <CheckOutlined style={{ color: 'var(--success)' }} /> : <MinusOutlined style={{ color: 'var(--secondary)' }} />}{' '}
          <Tag variant="filled">{multiplier.id}</Tag>
          {multiplier.applied
            ? t('explain.applied', { factor: factorText(multiplier.factor) })
            : t('explain.not_applied', { factor: factorText(multiplier.factor), why: multiplier.why ?? t('explain.condition_failed') })}
        </li>
      ))}
    </ul>
  )
}

/** The reasons of one entry in the order in which they were reckoned; only those that exist. */
function useSteps(explanation: Explanation): { key: string; said: ReactNode }[] {
  const { t } = useTranslation()
  const word = useWord()
  const tiers = useTiers()
  const { entry } = explanation
  const steps: { key: string; said: ReactNode }[] = []
  const add = (key: string, said: ReactNode) => steps.push({ key, said })
  const where = [entry.channel && word('channel', entry.channel), entry.shop, entry.order_no ?? entry.order_id].filter(Boolean).join(' · ')
  add('because', <>
      {t(`explain.because_${entry.kind}`, { where: where || t('explain.no_order'), at: dateTime(explanation.effective_at), reason: entry.reason ?? '' })}
      {explanation.rule_version !== null && (
        <> {explanation.tier ? t('explain.version_tier', { version: explanation.rule_version, tier: tiers.label(explanation.tier) }) : t('explain.version', { version: explanation.rule_version })}</>
      )}
      {entry.reason && entry.kind !== 'adjust' && <div className="muted">{entry.reason}</div>}
    </>)
  if (explanation.lines.length > 0) add('lines', <>{t('explain.lines', { count: explanation.lines.length })}<Lines explanation={explanation} /></>)
  if (explanation.multipliers.length > 0) {
    add('multipliers', <>
        {t('explain.multipliers', { stacking: word('stacking', explanation.stacking) })}
        <Multipliers explanation={explanation} />
        {explanation.factor && <div>{t('explain.together', { factor: factorText(explanation.factor) })}</div>}
      </>)
  }
  if (explanation.exact !== null && explanation.rounded !== null) {
    add('rounding', t('explain.rounding', { exact: explanation.exact, rounding: word('rounding', explanation.rounding), rounded: count(explanation.rounded) }))
  }
  if (explanation.caps.length > 0) {
    add('caps', <>
        {t('explain.caps')}
        <ul className="explain-list">
          {explanation.caps.map((cap) => (
            <li key={cap.kind}>
              {t(cap.cut > 0 ? 'explain.cap_cut' : 'explain.cap_kept', { cap: word('cap', cap.kind), limit: count(cap.limit), used: count(cap.used_before), cut: count(cap.cut) })}
            </li>
          ))}
        </ul>
      </>)
  }
  if (explanation.lines.length > 1) add('split', t('explain.split', { parts: explanation.lines.map((line) => count(line.points)).join(' + '), points: count(explanation.points) }))
  if (explanation.draws.length > 0) {
    add('draws', <>
        {t('explain.draws')}
        <ul className="explain-list">
          {explanation.draws.map((draw) => (
            <li key={draw.lot_id}>
              {t('explain.draw', { points: count(draw.points), lot: draw.lot_id, until: draw.expires_at ? lastDay(draw.expires_at) : t('points.never') })}
            </li>
          ))}
        </ul>
      </>)
  }
  if (explanation.maturity) add('maturity', explanation.available_at ? t('explain.maturity', { rule: word('maturity', explanation.maturity), at: dateTime(explanation.available_at) }) : t('explain.maturity_open'))
  if (explanation.expires_at) add('expiry', t('explain.expiry', { on: lastDay(explanation.expires_at) }))
  if (explanation.note) add('note', explanation.note)
  return steps
}

function Steps({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation()
  const word = useWord()
  const steps = useSteps(explanation)
  return (
    <>
      <div className="explain-total">
        <span>{word('entry_kind', explanation.entry.kind)}<div className="muted mono">{explanation.entry.entry_id}</div></span>
        <span><strong className="figure">{signed(explanation.points)}</strong> {t('explain.points')}</span>
      </div>
      <ol className="explain-steps">{steps.map(({ key, said }) => <li key={key}>{said}</li>)}</ol>
    </>
  )
}

/** Why an entry is as large as it is, in sentences. */
export function ExplainDrawer({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useTranslation()
  const query = useQuery({ ...explainQuery(id ?? ''), enabled: id !== null })
  return (
    <Drawer open={id !== null} onClose={onClose} size={620} title={t('explain.title')} destroyOnHidden>
      {query.error ? <Problem error={query.error} retry={() => void query.refetch()} /> : query.data ? <Steps explanation={query.data} /> : <Skeleton active paragraph={{ rows: 8 }} />}
    </Drawer>
  )
}
