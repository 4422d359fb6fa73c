import { getRouteApi } from '@tanstack/react-router'
import { Card, Tabs } from 'antd'
import { useTranslation } from 'react-i18next'
import { Page } from '../../shared/ui/Page'
import { useCan } from '../session/rights'
import { KeysTab } from './KeysTab'
import { StaffTab } from './StaffTab'

const route = getRouteApi('/settings')

export function SettingsPage() {
  const { t } = useTranslation()
  const can = useCan()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const items = [
    ...(can('manageStaff') ? [{ key: 'staff', label: t('settings.tab_staff'), children: <StaffTab /> }] : []),
    ...(can('manageKeys') ? [{ key: 'keys', label: t('settings.tab_keys'), children: <KeysTab /> }] : []),
  ]
  return (
    <Page title={t('menu.settings')}>
      <Card className="member-tabs">
        <Tabs activeKey={tab ?? items[0]?.key ?? 'staff'} destroyOnHidden onChange={(key) => void navigate({ search: { tab: key } })} items={items} />
      </Card>
    </Page>
  )
}
