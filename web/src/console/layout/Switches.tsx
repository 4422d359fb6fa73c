import { BulbOutlined, MoonOutlined, SunOutlined, TranslationOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import type { Language } from '../../shared/i18n'
import { usePreferences, type ThemeChoice } from '../../shared/preferences'
import { HeaderMenu } from './HeaderMenu'

export function LanguageSwitch() {
  const { t } = useTranslation()
  const { language, chooseLanguage } = usePreferences()
  return (
    <HeaderMenu
      menu={{
        selectable: true,
        selectedKeys: [language],
        onClick: ({ key }) => chooseLanguage(key as Language),
        items: [{ key: 'zh-CN', label: '简体中文' }, { key: 'en-US', label: 'English' }],
      }}
    >
      <Button type="text" icon={<TranslationOutlined />} aria-label={t('layout.language')} />
    </HeaderMenu>
  )
}

export function ThemeSwitch() {
  const { t } = useTranslation()
  const { choice, mode, chooseTheme } = usePreferences()
  return (
    <HeaderMenu
      menu={{
        selectable: true,
        selectedKeys: [choice],
        onClick: ({ key }) => chooseTheme(key as ThemeChoice),
        items: [
          { key: 'system', label: t('layout.theme_system'), icon: <BulbOutlined /> },
          { key: 'light', label: t('layout.theme_light'), icon: <SunOutlined /> },
          { key: 'dark', label: t('layout.theme_dark'), icon: <MoonOutlined /> },
        ],
      }}
    >
      <Button type="text" icon={mode === 'dark' ? <MoonOutlined /> : <SunOutlined />} aria-label={t('layout.theme')} />
    </HeaderMenu>
  )
}
