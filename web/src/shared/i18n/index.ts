import dayjs from 'dayjs'
import 'dayjs/locale/zh-cn'
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import { formatFor } from '../format'
import zh from './zh-CN'

export const languages = ['zh-CN', 'en-US'] as const
export type Language = (typeof languages)[number]

const stored = 'hui.language'

export function preferredLanguage(): Language {
  const kept = localStorage.getItem(stored)
  return languages.find((language) => language === kept) ?? 'zh-CN'
}

/** Loads the words of `language` when they are not there yet, then shows everything in it. */
export async function speak(language: Language) {
  if (language === 'en-US' && !i18next.hasResourceBundle(language, 'translation')) {
    const { default: en } = await import('./en-US')
    i18next.addResourceBundle(language, 'translation', en)
  }
  formatFor(language)
  dayjs.locale(language === 'zh-CN' ? 'zh-cn' : 'en')
  document.documentElement.lang = language
  localStorage.setItem(stored, language)
  await i18next.changeLanguage(language)
}

await i18next.use(initReactI18next).init({
  lng: 'zh-CN',
  fallbackLng: 'zh-CN',
  resources: { 'zh-CN': { translation: zh } },
  interpolation: { escapeValue: false },
  returnNull: false,
})

export default i18next
