import { App, ConfigProvider } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { speak, type Language } from './i18n'
import { antdTheme, palettes, type Mode, type Palette } from './theme'

export type ThemeChoice = 'system' | Mode

interface Preferences {
  choice: ThemeChoice
  mode: Mode
  palette: Palette
  language: Language
  chooseTheme: (choice: ThemeChoice) => void
  chooseLanguage: (language: Language) => void
}

const PreferencesContext = createContext<Preferences | null>(null)
const stored = 'hui.theme'

function keptChoice(): ThemeChoice {
  const kept = localStorage.getItem(stored)
  return kept === 'light' || kept === 'dark' ? kept : 'system'
}

function useSystemMode(): Mode {
  const query = useMemo(() => window.matchMedia('(prefers-color-scheme: dark)'), [])
  const [isDark, setIsDark] = useState(query.matches)
  useEffect(() => {
    const listen = (event: MediaQueryListEvent) => setIsDark(event.matches)
    query.addEventListener('change', listen)
    return () => query.removeEventListener('change', listen)
  }, [query])
  return isDark ? 'dark' : 'light'
}

/** Language and theme of this browser, for everything below. */
export function PreferencesProvider({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation()
  const [choice, setChoice] = useState(keptChoice)
  const system = useSystemMode()
  const mode = choice === 'system' ? system : choice
  const palette = palettes[mode]
  const language: Language = i18n.language === 'en-US' ? 'en-US' : 'zh-CN'

  useEffect(() => {
    const root = document.documentElement
    root.dataset['theme'] = mode
    root.style.colorScheme = mode
    const variables: Record<string, string> = {
      page: palette.page, card: palette.card, sider: palette.sider, border: palette.border, text: palette.text,
      secondary: palette.secondary, primary: palette.primary, link: palette.link, track: palette.track,
      selected: palette.selected, success: palette.success, warning: palette.warning, error: palette.error,
      card0: palette.card0, card1: palette.card1, 'on-card': palette.onCard,
      up: language === 'zh-CN' ? palette.up : palette.down, down: language === 'zh-CN' ? palette.down : palette.up,
    }
    for (const [name, colour] of Object.entries(variables)) root.style.setProperty(`--${name}`, colour)
  }, [mode, palette, language])

  const chooseTheme = useCallback((next: ThemeChoice) => {
    localStorage.setItem(stored, next)
    setChoice(next)
  }, [])
  const chooseLanguage = useCallback((next: Language) => void speak(next), [])
  const value = useMemo(
    () => ({ choice, mode, palette, language, chooseTheme, chooseLanguage }),
    [choice, mode, palette, language, chooseTheme, chooseLanguage],
  )
  const theme = useMemo(() => antdTheme(mode), [mode])

  return (
    <PreferencesContext value={value}>
      <ConfigProvider theme={theme} locale={language === 'zh-CN' ? zhCN : enUS} button={{ autoInsertSpace: false }}>
        <App>{children}</App>
      </ConfigProvider>
    </PreferencesContext>
  )
}

export function usePreferences(): Preferences {
  const preferences = use(PreferencesContext)
  if (!preferences) throw new Error('usePreferences needs a PreferencesProvider above it')
  return preferences
}
