import { PlusOutlined } from '@ant-design/icons'
import { App, Button, Dropdown } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/client'
import { useWrite } from '../../api/write'
import { DataTable } from '../../shared/ui/DataTable'
import { State, useWord } from '../../shared/ui/Marks'
import { useProblemText } from '../../shared/ui/Problem'
import { usePages } from '../../shared/ui/usePages'
import { useSession } from '../session/session'
import { editStaff, loadStaff, type Staff } from './queries'
import { ResetPassword } from './ResetPassword'
import { StaffForm } from './StaffForm'

type Doing = { what: 'create' } | { what: 'edit' | 'password'; staff: Staff } | null

/** Staff accounts: who may sign in, as what, for which shops. */
export function StaffTab() {
  const { t } = useTranslation()
  const word = useWord()
  const text = useProblemText()
  const { modal, message } = App.useApp()
  const { staff: self } = useSession()
  const [doing, setDoing] = useState<Doing>(null)
  const pages = usePages<Staff>(['staff'], loadStaff)
  const patch = useWrite(
    ({ id, body }: { id: string; body: Schemas['StaffPatch'] }, _key) => editStaff(id, body),
    { stale: [['staff']] },
  )
  const change = (staff: Staff, body: Schemas['StaffPatch'], question: string, okText: string) =>
    void modal.confirm({
      title: question,
      okText,
      cancelText: t('common.cancel'),
      okButtonProps: { danger: body.active === false },
      onOk: () => patch.mutateAsync({ id: staff.id, body }).catch((error: unknown) => void message.error(text(error))),
    })
  const act = (staff: Staff, key: string) => {
    if (key === 'edit' || key === 'password') setDoing({ what: key, staff })
    if (key === 'deactivate') change(staff, { active: false }, t('staff.deactivate_question', { name: staff.display_name }), t('staff.deactivate'))
    if (key === 'activate') change(staff, { active: true }, t('staff.activate_question', { name: staff.display_name }), t('staff.activate'))
  }
  return (
    <div className="stack">
      <div className="row between">
        <p className="muted">{t('staff.help')}</p>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setDoing({ what: 'create' })}>{t('staff.create')}</Button>
      </div>
      <DataTable<Staff>
        label={t('settings.tab_staff')}
        pages={pages}
        rowKey="id"
        empty={t('staff.none')}
        columns={[
          { title: t('staff.display_name'), render: (_, row) => <><strong>{row.display_name}</strong> {row.id === self.id && <span className="muted">{t('staff.you')}</span>}</> },
          { title: t('staff.name'), dataIndex: 'name', className: 'mono' },
          { title: t('staff.role'), dataIndex: 'role', render: (role: string) => word('role', role) },
          { title: t('staff.shops'), dataIndex: 'shops', render: (shops: string[]) => (shops.length === 0 ? t('staff.all_shops') : shops.length <= 2 ? shops.join('、') : t('staff.some_shops', { first: shops[0], count: shops.length })) },
          { title: t('staff.totp'), dataIndex: 'totp', render: (totp: boolean) => (totp ? <State tone="good">{t('staff.totp_on')}</State> : <State tone="warn">{t('staff.totp_none')}</State>) },
          { title: t('staff.state'), dataIndex: 'active', render: (active: boolean) => (active ? <State tone="good">{t('staff.active')}</State> : <State tone="calm">{t('staff.inactive')}</State>) },
          {
            title: <span className="sr-only">{t('common.actions')}</span>,
            render: (_, row) => (
              <Dropdown
                trigger={['click']}
                menu={{
                  onClick: ({ key }) => act(row, key),
                  items: [
                    { key: 'edit', label: t('staff.edit') },
                    { key: 'password', label: t('staff.reset_password') },
                    ...(row.id === self.id ? [] : [{ type: 'divider' as const }, row.active ? { key: 'deactivate', label: t('staff.deactivate'), danger: true } : { key: 'activate', label: t('staff.activate') }]),
                  ],
                }}
              >
                <Button size="small" aria-label={t('staff.actions_of', { name: row.display_name })}>{t('common.actions')}</Button>
              </Dropdown>
            ),
          },
        ]}
      />
      <StaffForm key={doing?.what === 'edit' ? doing.staff.id : 'new'} open={doing?.what === 'create' || doing?.what === 'edit'} staff={doing?.what === 'edit' ? doing.staff : null} onClose={() => setDoing(null)} />
      <ResetPassword staff={doing?.what === 'password' ? doing.staff : null} onClose={() => setDoing(null)} />
    </div>
  )
}
