import { Button, Modal } from 'antd'
import { useTranslation } from 'react-i18next'
import { SignInForm } from './SignInForm'
import { setExpired, useExpired, useSession, useSignOut } from './session'

/** Over the page that was open when the session ended, so nothing typed there is lost. */
export function SignInAgain() {
  const { t } = useTranslation()
  const isExpired = useExpired()
  const { staff } = useSession()
  const signOut = useSignOut()
  return (
    <Modal open={isExpired} closable={false} keyboard={false} mask={{ closable: false }} footer={null} width={400} title={t('session.expired')} destroyOnHidden>
      <p className="muted" style={{ marginBottom: 16 }}>{t('session.expired_help')}</p>
      <SignInForm name={staff.name} />
      <Button type="link" block style={{ marginTop: 4 }} onClick={() => { setExpired(false); void signOut() }}>
        {t('session.other_account')}
      </Button>
    </Modal>
  )
}
