/** A line of the period's days, without axes. Decoration: the figures are beside it. */
export function Sparkline({ values }: { values: number[] }) {
  const width = 96
  const height = 30
  const most = Math.max(...values, 1)
  const least = Math.min(...values, 0)
  const step = values.length > 1 ? (width - 6) / (values.length - 1) : 0
  const points = values.map((value, place) => [3 + place * step, height - 4 - ((value - least) / (most - least || 1)) * (height - 8)] as const)
  const last = points.at(-1)
  if (!last || values.length < 2) return null
  const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ')
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" className="sparkline">
      <polygon points={`3,${height} ${line} ${last[0].toFixed(1)},${height}`} fill="var(--primary)" opacity="0.09" />
      <polyline points={line} fill="none" stroke="var(--primary)" strokeWidth="1.5" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  )
}
