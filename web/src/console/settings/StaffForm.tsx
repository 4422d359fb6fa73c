import { Form, Input, Modal, Select } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../api/client'
import { useWrite } from '../../api/write'
import { Problem } from '../../shared/ui/Problem'
import { editStaff, roles, shopRoles, type Staff } from './queries'

type Fields = Schemas['NewStaffBody']

/** Creates an account, or changes one when `staff` is given. */
export function StaffForm({ open, staff, onClose }: { open: boolean; staff: Staff | null; onClose: () => void }) {
  const { t } = useTranslation()
  const [form] = Form.useForm<Fields>()
  const role = Form.useWatch('role', form)
  const send = useWrite<Fields, unknown>(
    (fields) => {
      const { display_name } = fields
      const shops = shopRoles.has(fields.role) ? (fields.shops ?? []) : []
      return staff
        ? editStaff(staff.id, { display_name, role: fields.role, shops })
        : answer(client.POST('/api/v1/staff', { body: { ...fields, shops } }))
    },
    { stale: [['staff']], onDone: onClose },
  )
  return (
    <Modal
      open={open}
      title={staff ? t('staff.edit') : t('staff.create')}
      okText={staff ? t('common.save') : t('staff.create')}
      cancelText={t('common.cancel')}
      confirmLoading={send.isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); send.reset() }}
      destroyOnHidden
    >
      {send.error && <div style={{ marginBottom: 16 }}><Problem error={send.error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={staff ?? { role: 'operator', shops: [] }} onFinish={(fields) => send.mutate(fields)}>
        <Form.Item name="name" label={t('staff.name')} extra={t('staff.name_help')} rules={[{ required: true, whitespace: true, message: t('staff.name_missing') }]}>
          <Input autoComplete="off" disabled={staff !== null} />
        </Form.Item>
        <Form.Item name="display_name" label={t('staff.display_name')} rules={[{ required: true, whitespace: true, message: t('staff.display_name_missing') }]}>
          <Input autoComplete="off" />
        </Form.Item>
        <Form.Item name="role" label={t('staff.role')} extra={role ? t(`staff.role_means_${role}`, { defaultValue: '' }) : null}>
          <Select options={roles.map((value) => ({ value, label: t(`role.${value}`) }))} />
        </Form.Item>
        {shopRoles.has(role ?? '') && (
          <Form.Item name="shops" label={t('staff.shops')} extra={t('staff.shops_help')} rules={[{ required: true, message: t('staff.shops_missing') }]}>
            <Select mode="tags" open={false} tokenSeparators={[',', ' ', '、']} suffixIcon={null} />
          </Form.Item>
        )}
        {!staff && (
          <Form.Item name="password" label={t('staff.first_password')} extra={t('staff.first_password_help')} rules={[{ required: true, min: 10, message: t('session.password_short') }]}>
            <Input.Password autoComplete="new-password" />
          </Form.Item>
        )}
      </Form>
    </Modal>
  )
}
