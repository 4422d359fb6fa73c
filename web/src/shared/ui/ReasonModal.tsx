import { Form, Input, Modal } from 'antd'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from './Problem'

interface ReasonModalProps {
  open: boolean
  title: string
  help: ReactNode
  okText: string
  isDanger?: boolean
  isPending: boolean
  error: unknown
  onClose: () => void
  afterClose?: () => void
  onReason: (reason: string) => void
  /** What else is asked, below the reason. */
  children?: ReactNode
}

/** An act that is recorded with why it was done. */
export function ReasonModal({ open, title, help, okText, isDanger = false, isPending, error, onClose, afterClose, onReason, children }: ReasonModalProps) {
  const { t } = useTranslation()
  const [form] = Form.useForm<{ reason: string }>()
  return (
    <Modal
      open={open}
      title={title}
      okText={okText}
      okButtonProps={{ danger: isDanger }}
      cancelText={t('common.cancel')}
      confirmLoading={isPending}
      onOk={() => form.submit()}
      onCancel={onClose}
      afterClose={() => { form.resetFields(); afterClose?.() }}
      destroyOnHidden
    >
      <div style={{ marginBottom: 16 }}>{help}</div>
      {error !== null && error !== undefined && <div style={{ marginBottom: 16 }}><Problem error={error} /></div>}
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ reason }) => onReason(reason.trim())}>
        <Form.Item name="reason" label={t('common.reason')} rules={[{ required: true, whitespace: true, min: 4, message: t('common.reason_missing') }]}>
          <Input.TextArea rows={2} maxLength={200} showCount />
        </Form.Item>
      </Form>
      {children}
    </Modal>
  )
}
