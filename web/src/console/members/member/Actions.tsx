import { EditOutlined, MergeCellsOutlined, PlusCircleOutlined } from '@ant-design/icons'
import { getRouteApi } from '@tanstack/react-router'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useCan } from '../../session/rights'
import type { Member } from '../queries'
import { AdjustPoints } from './AdjustPoints'
import { EditProfile } from './EditProfile'
import { MergeMember } from './MergeMember'

const route = getRouteApi('/members/$id')

/** What may be done to this member, by right. The open action is in the URL. */
export function Actions({ member }: { member: Member }) {
  const { t } = useTranslation()
  const can = useCan()
  const { action } = route.useSearch()
  const navigate = route.useNavigate()
  const open = (next: string | undefined) => void navigate({ search: (old) => ({ ...old, action: next }), replace: true })
  return (
    <>
      {can('editMembers') && <Button icon={<EditOutlined />} onClick={() => open('edit')}>{t('member.edit')}</Button>}
      {can('merge') && <Button icon={<MergeCellsOutlined />} onClick={() => open('merge')}>{t('member.merge')}</Button>}
      {can('adjust') && <Button type="primary" icon={<PlusCircleOutlined />} onClick={() => open('adjust')}>{t('member.adjust')}</Button>}
      <AdjustPoints member={member} open={action === 'adjust' && can('adjust')} onClose={() => open(undefined)} />
      <MergeMember member={member} open={action === 'merge' && can('merge')} onClose={() => open(undefined)} />
      <EditProfile member={member} open={action === 'edit' && can('editMembers')} onClose={() => open(undefined)} />
    </>
  )
}
