import { Checkbox, Form, Input, Modal, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../../api/client'
import { useWrite } from '../../../api/write'
import { Problem } from '../../../shared/ui/Problem'
import { memberKey, type Member } from '../queries'

const kinds = ['phone', 'card', 'email', 'unionid', 'openid', 'buyer_id', 'alipay_id', 'crm_id'] as const
const scopeless = new Set(['phone', 'email'])

export function BindIdentity({ member, open, onClose }: { member: Member; open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Schemas['ClaimBody']>()
  const kind = Form.useWatch('kind', form)
  const bind = useWrite(
    (body: Schemas['ClaimBody'], key) =>
      answer(client.POST('/api/v1/members/{id}/identities', { params: { path: { id: member.member_id }, header: { 'Idempotency-Key': key } }, body })),
    { stale: [memberKey(member.member_id)], onDone: onClose },
  )
  return (
    <Modal
      open={open}
      title={t('identity.bind')}
      okText={t('identity.bind')}
      cancelText={t('common.cancel')}
      confirmLoading={bind.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); bind.reset() }}
      destroyOnHidden
    >
      {bind.error && <div style={{ marginBottom: 16 }}><Problem error={bind.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ kind: 'phone', verified: false }} onFinish={(body) => bind.mutate(body)}>
        <Form.Item name="kind" label={t('identity.kind')}>
          <Select options={kinds.map((value) => ({ value, label: t(`identity_kind.${value}`) }))} />
        </Form.Item>
        {!scopeless.has(kind ?? 'phone') && (
          <Form.Item name="scope" label={t('identity.scope')} extra={t('identity.scope_help')} rules={[{ required: true, message: t('identity.scope_missing') }]}>
            <Input autoComplete="off" />
          </Form.Item>
        )}
        <Form.Item name="value" label={t('identity.value')} rules={[{ required: true, whitespace: true, message: t('identity.value_missing') }]}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="verified" valuePropName="checked" extra={t('identity.verified_help')}>
          <Checkbox>{t('identity.verified_here')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}
