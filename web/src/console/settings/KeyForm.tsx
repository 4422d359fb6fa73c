import { Alert, Button, Checkbox, Form, Input, Modal, Select, Typography } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../api/client'
import { useWrite } from '../../api/write'
import { Problem } from '../../shared/ui/Problem'
import { scopes } from './queries'

/** Creates a key; its secret is shown once, here. */
export function KeyForm({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Schemas['NewKeyBody']>()
  const create = useWrite(
    (body: Schemas['NewKeyBody']) => answer(client.POST('/api/v1/keys', { body })),
    { stale: [['keys']] },
  )
  const made = create.data
  return (
    <Modal
      open={open}
      title={t('key.create')}
      onCancel={onClose}
      mask={{ closable: !made }}
      afterClose={() => { form.resetFields(); create.reset() }}
      destroyOnHidden
      footer={made
        ? <Button type="primary" onClick={onClose}>{t('key.kept')}</Button>
        : <><Button onClick={onClose}>{t('common.cancel')}</Button><Button type="primary" loading={create.isPending} onClick={() => form.submit()}>{t('key.create')}</Button></>}
    >
      {made ? (
        <div className="stack">
          <Alert type="warning" showIcon title={t('key.once')} />
          <Typography.Paragraph copyable className="mono" style={{ overflowWrap: 'anywhere', marginBottom: 0 }}>{made.secret}</Typography.Paragraph>
        </div>
      ) : (
        <Form form={form} layout="vertical" requiredMark={false} initialValues={{ scopes: ['orders:write'], shops: [] }} onFinish={(body) => create.mutate({ name: body.name, scopes: body.scopes, ...(body.shops?.length ? { shops: body.shops } : {}) })}>
          {create.error && <div style={{ marginBottom: 16 }}><Problem error={create.error} /></div>}
          <Form.Item name="name" label={t('key.name')} rules={[{ required: true, whitespace: true, message: t('key.name_missing') }]}>
            <Input autoComplete="off" placeholder={t('key.name_example')} />
          </Form.Item>
          <Form.Item name="scopes" label={t('key.scopes')} rules={[{ required: true, message: t('key.scopes_missing') }]}>
            <Checkbox.Group className="scope-grid" options={scopes.map((value) => ({ value, label: <><span className="mono">{value}</span> <span className="muted">{t(`scope.${value.replace(':', '_')}`)}</span></> }))} />
          </Form.Item>
          <Form.Item name="shops" label={t('key.shops')} extra={t('key.shops_help')}>
            <Select mode="tags" open={false} tokenSeparators={[',', ' ', '、']} suffixIcon={null} />
          </Form.Item>
        </Form>
      )}
    </Modal>
  )
}
