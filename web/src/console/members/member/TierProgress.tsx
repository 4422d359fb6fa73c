import { useTranslation } from 'react-i18next'
import { count, lastDay } from '../../../shared/format'
import { useTiers } from '../../program/queries'
import type { Standing } from '../queries'

/** The ladder with how far the member is up it, and what is missing, as the server says. */
export function TierProgress({ standing }: { standing: Standing }) {
  const { t, i18n } = useTranslation()
  const tiers = useTiers()
  const { ladder, growth } = standing
  return (
    <div>
      <ol className="progress-ladder">
        {ladder.map((rung, place) => {
          const end = ladder[place + 1]?.from
          const filled = end === undefined ? (growth >= rung.from ? 1 : 0) : Math.min(1, Math.max(0, (growth - rung.from) / (end - rung.from)))
          return (
            <li key={rung.id} aria-current={rung.id === standing.tier ? 'step' : undefined}>
              <div className="bar"><i style={{ width: `${filled * 100}%` }} /></div>
              <div className="name">
                <span style={{ fontWeight: rung.id === standing.tier ? 600 : 400 }}>{i18n.language === 'zh-CN' ? rung.name.zh : rung.name.en}</span>
                <span className="muted figure">{t('member.from_growth', { growth: count(rung.from) })}</span>
              </div>
            </li>
          )
        })}
      </ol>
      <p>
        {standing.next && standing.next_missing !== null
          ? t('member.next_tier', { growth: count(growth), tier: tiers.label(standing.next), missing: count(standing.next_missing) })
          : t('member.top_tier', { growth: count(growth) })}
      </p>
      {standing.until && (
        <p className="muted">
          {standing.keep_target === null
            ? t('member.tier_kept', { until: lastDay(standing.until) })
            : standing.keep_missing <= 0
              ? t('member.keep_reached', { until: lastDay(standing.until), target: count(standing.keep_target) })
              : t('member.keep_missing', { until: lastDay(standing.until), target: count(standing.keep_target), missing: count(standing.keep_missing) })}
        </p>
      )}
    </div>
  )
}
