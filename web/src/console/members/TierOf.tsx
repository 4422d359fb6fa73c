import { TierMark } from '../../shared/ui/Marks'
import { useTiers } from '../program/queries'

export function TierOf({ tier }: { tier: string | null | undefined }) {
  const tiers = useTiers()
  if (!tier) return <span className="muted">—</span>
  return <TierMark name={tiers.label(tier)} place={tiers.place(tier)} />
}
