import { App, Form, Input, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { useWrite } from '../../api/write'
import { Problem } from '../../shared/ui/Problem'
import { editStaff, type Staff } from './queries'

export function ResetPassword({ staff, onClose }: { staff: Staff | null; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<{ password: string }>()
  const reset = useWrite(
    ({ id, password }: { id: string; password: string }, _key) => editStaff(id, { password }),
    { stale: [['staff']], onDone: () => { void message.success(t('staff.password_reset')); onClose() } },
  )
  return (
    <Modal
      open={staff !== null}
      title={t('staff.reset_password_of', { name: staff?.display_name ?? '' })}
      okText={t('staff.reset_password')}
      cancelText={t('common.cancel')}
      confirmLoading={reset.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); reset.reset() }}
      destroyOnHidden
    >
      {reset.error && <div style={{ marginBottom: 16 }}><Problem error={reset.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ password }) => { if (staff) reset.mutate({ id: staff.id, password }) }}>
        <Form.Item name="password" label={t('session.password_new')} extra={t('staff.reset_password_help')} rules={[{ required: true, min: 10, message: t('session.password_short') }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
