import { Link } from '@tanstack/react-router'
import { Result } from 'antd'
import { useTranslation } from 'react-i18next'

export function NotFound() {
  const { t } = useTranslation()
  return <Result status="404" title={t('layout.not_found')} extra={<Link to="/overview">{t('layout.home')}</Link>} />
}
