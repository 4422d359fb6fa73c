import { Checkbox, Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { Problem } from '../../../shared/ui/Problem'
import { memberKey, type Member } from '../queries'

interface RevealProps {
  member: Member
  open: boolean
  onClose: () => void
  onRevealed: (revealed: Schemas['RevealedBody']) => void
}

const fields = ['name', 'phone', 'birthday', 'email'] as const

export function Reveal({ member, open, onClose, onRevealed }: RevealProps) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Schemas['RevealBody']>()
  const reveal = useWrite(
    (body: Schemas['RevealBody']) =>
      answer(client.POST('/api/v1/members/{id}/reveal', { params: { path: { id: member.member_id } }, body })),
    {
      stale: [memberKey(member.member_id, 'audit')],
      onDone: (revealed) => {
        onRevealed(revealed)
        onClose()
      },
    },
  )
  return (
    <Modal
      open={open}
      title={t('member.reveal_title')}
      okText={t('member.reveal')}
      cancelText={t('common.cancel')}
      confirmLoading={reveal.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); reveal.reset() }}
      destroyOnHidden
    >
      <p className="muted" style={{ marginBottom: 16 }}>{t('member.reveal_help')}</p>
      {reveal.error && <div style={{ marginBottom: 16 }}><Problem error={reveal.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ fields: ['name', 'phone'] }} onFinish={(body) => reveal.mutate(body)}>
        <Form.Item name="fields" label={t('member.reveal_fields')} rules={[{ required: true, message: t('member.reveal_fields_missing') }]}>
          <Checkbox.Group options={fields.map((value) => ({ value, label: t(`member.field_${value}`) }))} />
        </Form.Item>
        <Form.Item name="reason" label={t('common.reason')} rules={[{ required: true, whitespace: true, min: 4, message: t('common.reason_missing') }]}>
          <Input.TextArea rows={2} maxLength={200} showCount placeholder={t('member.reveal_example')} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
