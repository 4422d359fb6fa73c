import { App, Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client } from '../../api/client'
import { useWrite } from '../../api/write'
import { Problem } from '../../shared/ui/Problem'

interface Fields {
  current: string
  next: string
  again: string
}

export function ChangePassword({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Fields>()
  const change = useWrite(
    ({ current, next }: Fields) =>
      answer(client.POST('/api/v1/session/password', { body: { current, new: next } })),
    {
      onDone: () => {
        void message.success(t('session.password_changed'))
        onClose()
      },
    },
  )
  return (
    <Modal
      open={open}
      title={t('session.change_password')}
      okText={t('session.change_password')}
      cancelText={t('common.cancel')}
      confirmLoading={change.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); change.reset() }}
      destroyOnHidden
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(fields) => change.mutate(fields)}>
        {change.error && <div style={{ marginBottom: 16 }}><Problem error={change.error} /></div>}
        <Form.Item name="current" label={t('session.password_current')} rules={[{ required: true, message: t('session.password_missing') }]}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item name="next" label={t('session.password_new')} extra={t('session.password_help')} rules={[{ required: true, min: 10, message: t('session.password_short') }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="again"
          label={t('session.password_again')}
          dependencies={['next']}
          rules={[({ getFieldValue }) => ({
            validator: (_, value) => value === getFieldValue('next') ? Promise.resolve() : Promise.reject(new Error(t('session.password_differs'))),
          })]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
