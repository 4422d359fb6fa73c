import { ArrowDownOutlined, ArrowUpOutlined } from '@ant-design/icons'
import { useTranslation } from 'react-i18next'
import { change, share } from '../format'

/** The change against the compared period: arrow, sign and number, never colour alone. */
export function Delta({ now, before }: { now: number; before: number | null | undefined }) {
  const { t } = useTranslation()
  const basisPoints = change(now, before)
  if (basisPoints === null) return <span className="muted">{t('common.no_comparison')}</span>
  // Less than half of the last digit shown is no change to a reader.
  if (Math.abs(basisPoints) < 5) return <span className="muted">{t('common.unchanged')}</span>
  const isUp = basisPoints > 0
  return (
    <span className="figure" style={{ color: isUp ? 'var(--up)' : 'var(--down)' }}>
      {isUp ? <ArrowUpOutlined /> : <ArrowDownOutlined />} {isUp ? '+' : '−'}
      {share(Math.abs(basisPoints))}
    </span>
  )
}
