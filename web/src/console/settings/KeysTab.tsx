import { PlusOutlined } from '@ant-design/icons'
import { App, Button, Tag } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../api/client'
import { useWrite } from '../../api/write'
import { DataTable } from '../../shared/ui/DataTable'
import { State, When } from '../../shared/ui/Marks'
import { useProblemText } from '../../shared/ui/Problem'
import { usePages } from '../../shared/ui/usePages'
import { KeyForm } from './KeyForm'
import { loadKeys, type Key } from './queries'

/** Keys of tills, shops and other systems. */
export function KeysTab() {
  const { t } = useTranslation()
  const text = useProblemText()
  const { modal, message } = App.useApp()
  const [isCreating, setIsCreating] = useState(false)
  const pages = usePages<Key>(['keys'], loadKeys)
  const revoke = useWrite((id: string, _key) => answer(client.DELETE('/api/v1/keys/{id}', { params: { path: { id } } })), { stale: [['keys']] })
  const ask = (key: Key) =>
    void modal.confirm({
      title: t('key.revoke_question', { name: key.name }),
      content: t('key.revoke_help'),
      okText: t('key.revoke'),
      okButtonProps: { danger: true },
      cancelText: t('common.cancel'),
      onOk: () => revoke.mutateAsync(key.key_id).catch((error: unknown) => void message.error(text(error))),
    })
  return (
    <div className="stack">
      <div className="row between">
        <p className="muted">{t('key.help')}</p>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsCreating(true)}>{t('key.create')}</Button>
      </div>
      <DataTable<Key>
        label={t('settings.tab_keys')}
        pages={pages}
        rowKey="key_id"
        empty={t('key.none')}
        columns={[
          { title: t('key.name'), dataIndex: 'name', render: (name: string) => <strong>{name}</strong> },
          { title: t('key.id'), dataIndex: 'key_id', className: 'mono' },
          { title: t('key.scopes'), dataIndex: 'scopes', className: 'wrap', render: (scopes: string[]) => <span className="row" style={{ gap: 4 }}>{scopes.map((scope) => <Tag key={scope} variant="filled" className="mono" style={{ marginInlineEnd: 0 }}>{scope}</Tag>)}</span> },
          { title: t('key.shops'), dataIndex: 'shops', render: (shops: string[]) => (shops.length === 0 ? t('staff.all_shops') : shops.join('、')) },
          { title: t('key.created'), dataIndex: 'created_at', render: (at: string) => <When at={at} /> },
          { title: t('key.last_used'), dataIndex: 'last_used_at', render: (at: string | null) => (at ? <When at={at} /> : <span className="muted">{t('key.never_used')}</span>) },
          {
            title: t('key.state'),
            render: (_, row) => (row.revoked_at
              ? <State tone="calm">{t('key.revoked')}</State>
              : <Button size="small" danger onClick={() => ask(row)} aria-label={t('key.revoke_of', { name: row.name })}>{t('key.revoke')}</Button>),
          },
        ]}
      />
      <KeyForm open={isCreating} onClose={() => setIsCreating(false)} />
    </div>
  )
}
