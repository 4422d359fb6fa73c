import { Button, Empty, Form, Input, Skeleton } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { When } from '../../../shared/ui/Marks'
import { Problem } from '../../../shared/ui/Problem'
import { usePages } from '../../../shared/ui/usePages'
import { useCan } from '../../session/rights'
import { loadNotes, memberKey, type Member, type Note } from '../queries'

export function NotesTab({ member }: { member: Member }) {
  const { t } = useTranslation()
  const can = useCan()
  const [form] = Form.useForm<{ text: string }>()
  const key = memberKey(member.member_id, 'notes')
  const pages = usePages<Note>(key, () => loadNotes(member.member_id))
  const add = useWrite(
    (text: string) =>
      answer(client.POST('/api/v1/members/{id}/notes', { params: { path: { id: member.member_id } }, body: { text } })),
    { stale: [key], onDone: () => form.resetFields() },
  )
  return (
    <div className="stack" style={{ maxWidth: 760 }}>
      {can('editMembers') && (
        <Form form={form} layout="vertical" requiredMark={false} onFinish={({ text }) => add.mutate(text.trim())}>
          {add.error && <div style={{ marginBottom: 12 }}><Problem error={add.error} /></div>}
          <Form.Item name="text" label={t('note.new')} rules={[{ required: true, whitespace: true, message: t('note.missing') }]} style={{ marginBottom: 8 }}>
            <Input.TextArea rows={3} maxLength={1000} showCount placeholder={t('note.example')} />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={add.isPending}>{t('note.add')}</Button>
        </Form>
      )}
      {pages.error ? <Problem error={pages.error} retry={pages.again} /> : pages.isLoading ? <Skeleton active /> : pages.rows?.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('note.none')} />
      ) : (
        <ul className="notes">
          {pages.rows?.map((note) => (
            <li key={note.note_id}>
              <p>{note.text}</p>
              <span className="muted">{note.actor} · <When at={note.at} /></span>
            </li>
          ))}
        </ul>
      )}
      {pages.hasMore && <Button onClick={pages.more} loading={pages.isLoadingMore}>{t('common.more')}</Button>}
    </div>
  )
}
