import { PlusOutlined } from '@ant-design/icons'
import { getRouteApi } from '@tanstack/react-router'
import { Button, Tabs } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Page } from '../../shared/ui/Page'
import { useCan } from '../session/rights'
import { GoodForm } from './GoodForm'
import { Goods } from './Goods'
import { PickUp } from './PickUp'

const route = getRouteApi('/mall')

/** The points mall: its goods, and the counter where they are handed over. */
export function MallPage() {
  const { t } = useTranslation()
  const can = useCan()
  const { tab } = route.useSearch()
  const navigate = route.useNavigate()
  const [isNew, setIsNew] = useState(false)
  return (
    <Page title={t('menu.mall')} aside={t('mall.note')} extra={can('editProgram') && <Button type="primary" icon={<PlusOutlined />} onClick={() => setIsNew(true)}>{t('mall.new')}</Button>}>
      <Tabs
        activeKey={tab === 'pick-up' ? 'pick-up' : 'goods'}
        destroyOnHidden
        onChange={(key) => void navigate({ search: { tab: key === 'goods' ? undefined : key } })}
        items={[
          { key: 'goods', label: t('mall.tab_goods'), children: <Goods /> },
          ...(can('spendWallet') ? [{ key: 'pick-up', label: t('mall.tab_pick_up'), children: <PickUp /> }] : []),
        ]}
      />
      <GoodForm shown={null} open={isNew} onClose={() => setIsNew(false)} />
    </Page>
  )
}
