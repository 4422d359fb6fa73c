import { useTranslation } from 'react-i18next'
import { useWord } from '../../shared/ui/Marks'

const channels = ['tmall', 'jd', 'douyin', 'mini_program', 'xiaohongshu', 'pos'] as const

/** Six channels flowing into one member: the picture of what the product does. */
export function Convergence() {
  const { t } = useTranslation()
  const word = useWord()
  return (
    <svg viewBox="0 0 440 300" className="convergence" role="img" aria-label={t('session.picture')}>
      {channels.map((channel, place) => {
        const y = 30 + place * 48
        return (
          <g key={channel}>
            <path d={`M118 ${y} C 230 ${y}, 220 150, 318 150`} className="convergence-path" />
            <circle cx="118" cy={y} r="4" className="convergence-dot" />
            <text x="102" y={y + 5} textAnchor="end" className="convergence-text">{word('channel', channel)}</text>
          </g>
        )
      })}
      <circle cx="350" cy="150" r="46" className="convergence-halo" />
      <circle cx="350" cy="150" r="31" className="convergence-core" />
      <text x="350" y="155" textAnchor="middle" className="convergence-core-text">One ID</text>
    </svg>
  )
}
