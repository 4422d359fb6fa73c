import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Mark } from '../layout/Mark'
import { LanguageSwitch, ThemeSwitch } from '../layout/Switches'
import { Convergence } from './Convergence'
import { SignInForm } from './SignInForm'
import './sign-in.css'

export function SignInPage() {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${t('session.sign_in')} · Hui`
  }, [t])
  return (
    <div className="sign-in">
      <aside className="sign-in-brand">
        <div className="sign-in-name"><Mark size={36} plain /> <span lang="zh-CN">会 · 惠 · 汇</span></div>
        <Convergence />
        <div>
          <p className="sign-in-line">{t('session.line')}</p>
          <p className="sign-in-sub">{t('session.sub')}</p>
        </div>
      </aside>
      <main className="sign-in-main">
        <div className="sign-in-tools"><LanguageSwitch /><ThemeSwitch /></div>
        <div className="sign-in-form">
          <h1>{t('session.welcome')}</h1>
          <p className="muted">{t('session.welcome_sub')}</p>
          <SignInForm />
        </div>
      </main>
    </div>
  )
}
