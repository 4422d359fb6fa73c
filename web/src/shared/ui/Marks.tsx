import { Tag, Tooltip } from 'antd'
import { useTranslation } from 'react-i18next'
import { date, dateTime, exactTime } from '../format'
import { usePreferences } from '../preferences'
import { channelColour, tierColours } from '../theme'

/** The word for a code of ours; the code itself when a newer server says one we have no word for. */
export function useWord() {
  const { t, i18n } = useTranslation()
  return (group: string, code: string | null | undefined): string => {
    if (!code) return '—'
    const key = `${group}.${code.replaceAll('.', '_')}`
    return i18n.exists(key) ? t(key) : code
  }
}

export function Channel({ channel }: { channel: string }) {
  const { palette } = usePreferences()
  const word = useWord()
  return (
    <span className="channel">
      <i style={{ background: channelColour(palette, channel) }} aria-hidden="true" />
      {word('channel', channel)}
    </span>
  )
}

/** Two channels and how many more, so a row never grows. */
export function Channels({ channels }: { channels: string[] }) {
  const word = useWord()
  if (channels.length === 0) return <span className="muted">—</span>
  const rest = channels.slice(2)
  return (
    <span className="channels">
      {channels.slice(0, 2).map((channel) => <Channel key={channel} channel={channel} />)}
      {rest.length > 0 && (
        <Tooltip title={rest.map((channel) => word('channel', channel)).join('、')}>
          <span className="muted">+{rest.length}</span>
        </Tooltip>
      )}
    </span>
  )
}

/** A tier by its name, coloured by its place in the ladder. */
export function TierMark({ name, place }: { name: string; place: number }) {
  const { palette } = usePreferences()
  const colours = tierColours(palette, place)
  return <Tag variant="filled" style={{ background: colours.ground, color: colours.text, marginInlineEnd: 0 }}>{name}</Tag>
}

export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'busy'
export function State({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`state state-${tone}`}>{children}</span>
}

/** Who did something: the API says `staff:S…:name`, `key:K…:name` or `system:name`. */
export function Who({ label }: { label: string }) {
  const word = useWord()
  const [kind = '', ...rest] = label.split(':')
  const name = rest.at(-1)
  return name ? <>{name} <span className="muted">{word('actor_kind', kind)}</span></> : <>{label}</>
}

export function When({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  if (!at) return <span className="muted">—</span>
  return (
    <Tooltip title={exactTime(at)}>
      <time dateTime={at} className="figure">{exact ? exactTime(at) : dateTime(at)}</time>
    </Tooltip>
  )
}

export function Day({ at }: { at: string | null | undefined }) {
  if (!at) return <span className="muted">—</span>
  return <time dateTime={at} className="figure">{date(at)}</time>
}
