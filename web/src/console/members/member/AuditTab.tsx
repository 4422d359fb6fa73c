import { usePages } from '../../../shared/ui/usePages'
import { AuditTable } from '../../audit/AuditTable'
import { loadAudit, type AuditEntry, type AuditPageBody } from '../../audit/queries'
import { memberKey, type Member } from '../queries'

export function AuditTab({ member }: { member: Member }) {
  const pages = usePages<AuditEntry, AuditPageBody>(memberKey(member.member_id, 'audit'), (cursor) => loadAudit({ member: member.member_id }, cursor))
  return <AuditTable pages={pages} />
}
