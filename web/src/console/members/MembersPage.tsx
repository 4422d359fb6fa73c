import { CloseOutlined, SearchOutlined } from '@ant-design/icons'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Button, Card, Input, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { count, money } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Channels, Day, State, useWord, When, type Tone } from '../../shared/ui/Marks'
import { Page } from '../../shared/ui/Page'
import { usePages } from '../../shared/ui/usePages'
import { useTiers } from '../program/queries'
import { searchMembers, type MemberRow } from './queries'
import { setSearchText, useSearchText } from './searchText'
import { TierOf } from './TierOf'

const route = getRouteApi('/members')

export const toneOfStatus: Record<string, Tone> = { active: 'good', unbound: 'warn', merged: 'calm', erased: 'bad', frozen: 'bad' }

function SearchBox() {
  const { t } = useTranslation()
  const text = useSearchText()
  return (
    <Input.Search
      key={text}
      defaultValue={text}
      allowClear
      autoComplete="off"
      name="members-search"
      prefix={<SearchOutlined />}
      placeholder={t('members.search_placeholder')}
      aria-label={t('members.search_placeholder')}
      enterButton={t('members.find')}
      onSearch={setSearchText}
      style={{ maxWidth: 460, flex: '1 1 260px' }}
    />
  )
}

export function MembersPage() {
  const { t } = useTranslation()
  const word = useWord()
  const { tier } = route.useSearch()
  const navigate = route.useNavigate()
  const tiers = useTiers()
  const text = useSearchText()
  const pages = usePages<MemberRow>(['members', text, tier ?? null], (cursor) =>
    searchMembers({ text: text || null, tier: tier ?? null, cursor: cursor ?? null, limit: 50 }))

  return (
    <Page title={t('menu.members')} aside={t('members.search_note')}>
      <Card className="flush">
        <div className="row block-pad">
          <SearchBox />
          <Select
            allowClear
            value={tier}
            placeholder={t('members.any_tier')}
            aria-label={t('members.tier')}
            style={{ width: 150 }}
            options={tiers.ladder.map((rung) => ({ value: rung.id, label: rung.label }))}
            onChange={(next: string | undefined) => void navigate({ search: { tier: next } })}
          />
          {(text || tier) && (
            <Button type="text" icon={<CloseOutlined />} onClick={() => { setSearchText(''); void navigate({ search: {} }) }}>{t('common.clear')}</Button>
          )}
          <span className="muted" aria-live="polite">{text ? t('members.exact_matches') : t('members.latest')}</span>
        </div>
        <DataTable<MemberRow>
          label={t('menu.members')}
          pages={pages}
          rowKey="member_id"
          empty={text ? t('members.none_found') : t('members.none_yet')}
          onRow={(row) => ({ onClick: () => void navigate({ to: '/members/$id', params: { id: row.member_id } }), style: { cursor: 'pointer' } })}
          columns={[
            {
              title: t('members.member'),
              fixed: 'start',
              render: (_, row) => (
                <Link to="/members/$id" params={{ id: row.member_id }} onClick={(event) => event.stopPropagation()}>
                  <strong>{row.name ?? t('members.nameless')}</strong>
                </Link>
              ),
            },
            { title: t('members.number'), dataIndex: 'member_id', className: 'mono' },
            { title: t('members.phone'), dataIndex: 'phone', className: 'figure', render: (phone: string | null) => phone ?? <span className="muted">—</span> },
            { title: t('members.tier'), dataIndex: 'tier', render: (id: string) => <TierOf tier={id} /> },
            { title: t('members.status'), dataIndex: 'status', render: (status: string) => <State tone={toneOfStatus[status] ?? 'calm'}>{word('member_status', status)}</State> },
            { title: t('members.available'), dataIndex: 'points_available', align: 'right', className: 'figure', render: count },
            { title: t('members.growth'), dataIndex: 'growth', align: 'right', className: 'figure', render: count },
            { title: t('members.channels'), dataIndex: 'channels', render: (channels: string[]) => <Channels channels={channels} /> },
            { title: t('members.orders'), dataIndex: 'orders', align: 'right', className: 'figure', render: count },
            { title: t('members.spent'), dataIndex: 'spent', align: 'right', className: 'figure', render: money },
            { title: t('members.last_order'), dataIndex: 'last_order_at', render: (at: string | null) => <When at={at} /> },
            { title: t('members.joined'), dataIndex: 'joined_at', render: (at: string | null) => <Day at={at} /> },
          ]}
        />
      </Card>
    </Page>
  )
}
