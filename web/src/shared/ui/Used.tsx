interface UsedProps {
  used: number
  /** `null` where there is no limit. */
  of: number | null | undefined
  text: (value: number) => string
  label: string
}

/** How much of a limit is used: the figures, and a bar that reddens when it is gone. */
export function Used({ used, of, text, label }: UsedProps) {
  if (of === null || of === undefined) return <span className="figure">{text(used)}</span>
  const part = of === 0 ? 100 : Math.min(100, (used / of) * 100)
  return (
    <span className="used">
      <span className="figure">{text(used)} <span className="muted">/ {text(of)}</span></span>
      <span className="used-track" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={of} aria-valuenow={used}>
        <i className={part >= 100 ? 'full' : undefined} style={{ width: `${part}%` }} />
      </span>
    </span>
  )
}
