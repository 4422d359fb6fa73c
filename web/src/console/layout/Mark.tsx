/** The product's mark: 会 in straight strokes. */
export function Mark({ size = 30, plain = false }: { size?: number; plain?: boolean }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" style={{ flex: 'none' }}>
      <rect width="32" height="32" rx="8" fill={plain ? 'var(--on-card)' : 'var(--primary)'} />
      <g fill="none" stroke={plain ? 'var(--card1)' : 'var(--on-card)'} strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round">
        <path d="M16 5.5 6 14.5M16 5.5l10 9M11.5 15.5h9M8 20h16M15 20l-4 6h11M19.5 23l3.5 4" />
      </g>
    </svg>
  )
}
