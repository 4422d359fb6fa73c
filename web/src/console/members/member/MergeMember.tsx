import { useQuery } from '@tanstack/react-query'
import { Alert, App, Button, Empty, Form, Input, Modal } from 'antd'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { Problem } from '../../../shared/ui/Problem'
import { memberKey, memberQuery, searchMembers, type Member } from '../queries'
import { TierOf } from '../TierOf'
import { Side } from './Side'

function Finder({ not, onFound }: { not: string; onFound: (id: string) => void }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const found = useQuery({
    queryKey: ['members', 'merge', text],
    queryFn: () => searchMembers({ text, limit: 5 }),
    enabled: text !== '',
    gcTime: 0,
  })
  const rows = found.data?.items.filter((row) => row.member_id !== not)
  return (
    <div className="stack" style={{ gap: 8 }}>
      <Input.Search
        autoFocus
        autoComplete="off"
        placeholder={t('members.search_placeholder')}
        aria-label={t('merge.find')}
        enterButton={t('members.find')}
        loading={found.isFetching}
        onSearch={(value) => setText(value.trim())}
      />
      {found.error && <Problem error={found.error} />}
      {rows?.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('members.none_found')} />}
      {rows?.map((row) => (
        <div key={row.member_id} className="row between side">
          <span className="row"><strong>{row.name ?? t('members.nameless')}</strong><span className="figure">{row.phone}</span><TierOf tier={row.tier} /><span className="mono">{row.member_id}</span></span>
          <Button size="small" onClick={() => onFound(row.member_id)}>{t('merge.choose')}</Button>
        </div>
      ))}
    </div>
  )
}

/** Merges this member into another: find it, look at both sides, say why. */
export function MergeMember({ member, open, onClose }: { member: Member; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const navigate = useNavigate()
  const [form] = Form.useForm<{ reason: string }>()
  const [into, setInto] = useState<string | null>(null)
  const other = useQuery({ ...memberQuery(into ?? ''), enabled: into !== null })
  const merge = useWrite(
    (body: Schemas['MergeBody'], key) =>
      answer(client.POST('/api/v1/members/{id}/merge', { params: { path: { id: member.member_id }, header: { 'Idempotency-Key': key } }, body })),
    {
      stale: [memberKey(member.member_id), ['members'], ...(into ? [memberKey(into)] : [])],
      onDone: (_, body) => {
        void message.success(t('merge.done'))
        void navigate({ to: '/members/$id', params: { id: body.into }, search: { tab: 'merges' } })
      },
    },
  )
  return (
    <Modal
      open={open}
      width={860}
      title={t('member.merge')}
      okText={t('merge.do')}
      okButtonProps={{ danger: true, disabled: !other.data }}
      cancelText={t('common.cancel')}
      confirmLoading={merge.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); merge.reset(); setInto(null) }}
      destroyOnHidden
    >
      <div className="stack">
        <p className="muted">{t('merge.help')}</p>
        {merge.error && <Problem error={merge.error} />}
        {into === null ? (
          <Finder not={member.member_id} onFound={setInto} />
        ) : other.error ? (
          <Problem error={other.error} retry={() => void other.refetch()} />
        ) : (
          other.data && (
            <>
              <div className="sides">
                <Side member={member} title={t('merge.goes')} />
                <Side member={other.data} title={t('merge.stays')} isKept />
              </div>
              <div><Button type="link" size="small" style={{ paddingInline: 0 }} onClick={() => setInto(null)}>{t('merge.choose_other')}</Button></div>
              {member.phone && other.data.phone && member.phone !== other.data.phone && <Alert type="warning" showIcon title={t('merge.two_phones')} />}
              <Alert type="info" showIcon title={t('merge.effect')} />
              <Form form={form} layout="vertical" requiredMark={false} onFinish={({ reason }) => merge.mutate({ into, reason: reason.trim() })}>
                <Form.Item name="reason" label={t('common.reason')} rules={[{ required: true, whitespace: true, min: 4, message: t('common.reason_missing') }]} style={{ marginBottom: 0 }}>
                  <Input.TextArea rows={2} maxLength={200} showCount placeholder={t('merge.example')} />
                </Form.Item>
              </Form>
            </>
          )
        )}
      </div>
    </Modal>
  )
}
