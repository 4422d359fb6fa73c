import { KeyOutlined, LogoutOutlined, SafetyOutlined } from '@ant-design/icons'
import { Avatar } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useWord } from '../../shared/ui/Marks'
import { Authenticator } from '../session/Authenticator'
import { ChangePassword } from '../session/ChangePassword'
import { useSession, useSignOut } from '../session/session'
import { HeaderMenu } from './HeaderMenu'

export function Account() {
  const { t } = useTranslation()
  const word = useWord()
  const { staff } = useSession()
  const signOut = useSignOut()
  const [open, setOpen] = useState<'password' | 'totp' | null>(null)
  return (
    <>
      <HeaderMenu
        menu={{
          onClick: ({ key }) => {
            if (key === 'password' || key === 'totp') setOpen(key)
            if (key === 'out') void signOut()
          },
          items: [
            {
              key: 'who',
              type: 'group',
              label: <span className="muted">{staff.display_name} · {word('role', staff.role)}{staff.shops.length > 0 && ` · ${t('layout.shops', { count: staff.shops.length })}`}</span>,
            },
            { key: 'password', icon: <KeyOutlined />, label: t('session.change_password') },
            { key: 'totp', icon: <SafetyOutlined />, label: t('totp.title') },
            { type: 'divider' },
            { key: 'out', icon: <LogoutOutlined />, label: t('session.sign_out') },
          ],
        }}
      >
        <button type="button" className="avatar-button" aria-label={t('layout.account', { name: staff.display_name })}>
          <Avatar style={{ background: 'var(--primary)', color: 'var(--on-card)' }}>{[...staff.display_name][0]}</Avatar>
        </button>
      </HeaderMenu>
      <ChangePassword open={open === 'password'} onClose={() => setOpen(null)} />
      <Authenticator open={open === 'totp'} onClose={() => setOpen(null)} />
    </>
  )
}
