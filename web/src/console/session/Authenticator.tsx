import { App, Button, Form, Input, Modal, QRCode, Typography } from 'antd'
import { useTranslation } from 'react-i18next'
import { answer, client, type Schemas } from '../../api/client'
import { useWrite } from '../../api/write'
import { Problem } from '../../shared/ui/Problem'

/** Sets up the authenticator of one's own account: the secret is shown once, then proved by a code. */
export function Authenticator({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  const { message } = App.useApp()
  const [form] = Form.useForm<Schemas['TotpCodeBody']>()
  const begin = useWrite<null, Schemas['TotpSetupBody']>(() => answer(client.POST('/api/v1/session/totp')))
  const confirm = useWrite((body: Schemas['TotpCodeBody'], _key) => answer(client.POST('/api/v1/session/totp/confirm', { body })), {
    stale: [['staff']],
    onDone: () => {
      void message.success(t('totp.done'))
      onClose()
    },
  })
  const setup = begin.data
  return (
    <Modal
      open={open}
      title={t('totp.title')}
      onCancel={onClose}
      mask={{ closable: !setup }}
      afterClose={() => { form.resetFields(); begin.reset(); confirm.reset() }}
      destroyOnHidden
      footer={[
        <Button key="cancel" onClick={onClose}>{t('common.cancel')}</Button>,
        setup
          ? <Button key="confirm" type="primary" loading={confirm.isPending} onClick={() => form.submit()}>{t('totp.confirm')}</Button>
          : <Button key="begin" type="primary" loading={begin.isPending} onClick={() => begin.mutate(null)}>{t('totp.begin')}</Button>,
      ]}
    >
      {begin.error && <Problem error={begin.error} />}
      {setup ? (
        <div className="stack" style={{ alignItems: 'center' }}>
          <p>{t('totp.scan')}</p>
          <div role="img" aria-label={t('totp.picture')}><QRCode value={setup.uri} size={200} bordered={false} type="svg" bgColor="white" color="black" style={{ padding: 12 }} /></div>
          <Typography.Text copyable className="mono">{setup.secret}</Typography.Text>
          {confirm.error && <Problem error={confirm.error} />}
          <Form form={form} layout="vertical" requiredMark={false} style={{ width: '100%' }} onFinish={(body) => confirm.mutate(body)}>
            <Form.Item name="code" label={t('session.code')} extra={t('session.code_help')} rules={[{ required: true, pattern: /^\d{6}$/, message: t('session.code_missing') }]} style={{ marginBottom: 0 }}>
              <Input inputMode="numeric" maxLength={6} autoComplete="one-time-code" autoFocus />
            </Form.Item>
          </Form>
        </div>
      ) : (
        <p>{t('totp.help')}</p>
      )}
    </Modal>
  )
}
