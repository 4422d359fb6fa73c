import { getRouteApi } from '@tanstack/react-router'
import { Tabs } from 'antd'
import { useTranslation } from 'react-i18next'
import { Page } from '../../shared/ui/Page'
import { useCan } from '../session/rights'
import { Plans } from './Plans'
import { SettlementTab } from './SettlementTab'
import './wallet.css'

const route = getRouteApi('/wallet')

/** Stored value: what is on offer, and what stores owe one another. */
export function WalletPage() {
  const { t } = useTranslation()
  const can = useCan()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const tabs = [
    ...(can('seeProgram') ? [{ key: 'plans', label: t('wallet.tab_plans'), children: <Plans /> }] : []),
    { key: 'settlement', label: t('wallet.tab_settlement'), children: <SettlementTab /> },
  ]
  const active = tabs.find(({ key }) => key === tab)?.key ?? tabs[0]?.key ?? 'settlement'
  return (
    <Page title={t('menu.wallet')} aside={t('wallet.note')}>
      <Tabs activeKey={active} destroyOnHidden onChange={(key) => void navigate({ search: { tab: key } })} items={tabs} />
    </Page>
  )
}
