import { Button, Modal, QRCode, Typography } from 'antd'
import { useTranslation } from 'react-i18next'

/** The secret of one-time codes, shown once as a QR code and as text. */
export function TotpSetup({ uri, name, onClose }: { uri: string | null; name: string; onClose: () => void }) {
  const { t } = useTranslation()
  const secret = uri ? (new URL(uri).searchParams.get('secret') ?? '') : ''
  return (
    <Modal open={uri !== null} title={t('staff.totp_title', { name })} onCancel={onClose} footer={<Button type="primary" onClick={onClose}>{t('staff.totp_done')}</Button>} mask={{ closable: false }} destroyOnHidden>
      <div className="stack" style={{ alignItems: 'center' }}>
        <p>{t('staff.totp_help')}</p>
        {uri && <div role="img" aria-label={t('staff.totp_picture')}><QRCode value={uri} size={200} bordered={false} type="svg" bgColor="white" color="black" style={{ padding: 12 }} /></div>}
        <Typography.Text copyable className="mono">{secret}</Typography.Text>
      </div>
    </Modal>
  )
}
