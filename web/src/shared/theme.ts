import { theme as antd, type ThemeConfig } from 'antd'

/** The only place that names colours. Contrast of every text colour on its ground is at least 4.5:1. */
export interface Palette {
  page: string
  card: string
  sider: string
  border: string
  text: string
  secondary: string
  primary: string
  link: string
  up: string
  down: string
  success: string
  warning: string
  error: string
  grid: string
  compare: string
  track: string
  selected: string
  selectedText: string
  card0: string
  card1: string
  onCard: string
  flows: { issued: string; spent: string; expired: string; clawedBack: string }
  channels: Record<string, string>
  series: readonly string[]
  tiers: readonly { ground: string; text: string }[]
}

const light: Palette = {
  page: '#f4f5f8',
  card: '#ffffff',
  sider: '#ffffff',
  border: '#e4e7ee',
  text: 'rgba(0,0,0,.88)',
  secondary: 'rgba(0,0,0,.62)',
  primary: '#2451d6',
  link: '#2451d6',
  up: '#c9252d',
  down: '#0e7a4b',
  success: '#0e7a4b',
  warning: '#a85a00',
  error: '#c9252d',
  grid: '#e9ecf2',
  compare: '#6b7280',
  track: '#eceff5',
  selected: '#e8eefc',
  selectedText: '#1d43b5',
  card0: '#17275c',
  card1: '#2451d6',
  onCard: '#ffffff',
  flows: { issued: '#2f5bea', spent: '#1a9c5b', expired: '#9aa3b2', clawedBack: '#e0484e' },
  channels: {
    pos: '#2f5bea',
    mini_program: '#1a9c5b',
    tmall: '#e0484e',
    jd: '#e08a00',
    douyin: '#7a4fe0',
    xiaohongshu: '#0b93a7',
    wechat_shop: '#5b8c00',
    vipshop: '#c2379b',
    youzan: '#a0522d',
    kuaishou: '#b8860b',
    app: '#4a6fa5',
    web: '#64748b',
  },
  series: ['#2f5bea', '#0b93a7', '#7a4fe0', '#e08a00', '#1a9c5b', '#c2379b', '#64748b'],
  tiers: [
    { ground: '#eef0f4', text: '#4a5261' },
    { ground: '#dfe6f3', text: '#33466b' },
    { ground: '#f9e8c4', text: '#6f4a00' },
    { ground: '#23262d', text: '#f3dfae' },
  ],
}

const dark: Palette = {
  page: '#0f1115',
  card: '#171a20',
  sider: '#14171c',
  border: '#2a2f39',
  text: 'rgba(255,255,255,.88)',
  secondary: 'rgba(255,255,255,.65)',
  primary: '#4f7bf7',
  link: '#86a8ff',
  up: '#ff8085',
  down: '#4cc38a',
  success: '#4cc38a',
  warning: '#f0b04f',
  error: '#ff8085',
  grid: '#262b34',
  compare: '#a3aab7',
  track: '#252a33',
  selected: '#1f2d57',
  selectedText: '#b9ccff',
  card0: '#101a3d',
  card1: '#223f96',
  onCard: '#ffffff',
  flows: { issued: '#6f93ff', spent: '#45c486', expired: '#8a93a3', clawedBack: '#ff7b80' },
  channels: {
    pos: '#6f93ff',
    mini_program: '#45c486',
    tmall: '#ff7b80',
    jd: '#f3b04a',
    douyin: '#a98bff',
    xiaohongshu: '#43c2d6',
    wechat_shop: '#9bcb3c',
    vipshop: '#ea7dcb',
    youzan: '#d08b62',
    kuaishou: '#dcb94a',
    app: '#8fb1e3',
    web: '#9aa8bb',
  },
  series: ['#6f93ff', '#43c2d6', '#a98bff', '#f3b04a', '#45c486', '#ea7dcb', '#9aa8bb'],
  tiers: [
    { ground: '#2a2f39', text: '#c3cad6' },
    { ground: '#2b3a57', text: '#c9d8f5' },
    { ground: '#4a3a14', text: '#f5d98f' },
    { ground: '#f3dfae', text: '#23262d' },
  ],
}

export type Mode = 'light' | 'dark'
export const palettes: Record<Mode, Palette> = { light, dark }

export const fontFamily =
  '-apple-system, "PingFang SC", "HarmonyOS Sans SC", "MiSans", "Microsoft YaHei UI", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", system-ui, sans-serif'

export function antdTheme(mode: Mode): ThemeConfig {
  const palette = palettes[mode]
  const isDark = mode === 'dark'
  return {
    algorithm: isDark ? antd.darkAlgorithm : antd.defaultAlgorithm,
    token: {
      fontFamily,
      colorPrimary: palette.primary,
      colorLink: palette.link,
      colorInfo: palette.primary,
      colorSuccess: palette.success,
      colorWarning: palette.warning,
      colorError: palette.error,
      colorBgLayout: palette.page,
      colorBgContainer: palette.card,
      colorBgElevated: isDark ? '#1d2129' : palette.card,
      colorBorderSecondary: palette.border,
      colorTextDescription: palette.secondary,
      colorTextSecondary: palette.secondary,
      colorTextTertiary: palette.secondary,
      colorTextPlaceholder: isDark ? 'rgba(255,255,255,.55)' : 'rgba(0,0,0,.58)',
      borderRadius: 6,
      borderRadiusLG: 8,
      controlHeight: 34,
      wireframe: false,
    },
    components: {
      Layout: { headerBg: palette.card, siderBg: palette.sider, bodyBg: palette.page, headerHeight: 56, headerPadding: '0 20px' },
      Menu: {
        itemBg: palette.sider,
        itemSelectedBg: palette.selected,
        itemSelectedColor: palette.selectedText,
        itemHeight: 38,
        groupTitleColor: palette.secondary,
        groupTitleFontSize: 12,
        activeBarBorderWidth: 0,
      },
      Table: { headerBg: isDark ? '#1b1f26' : '#f8f9fb', cellPaddingBlock: 9, headerSplitColor: 'transparent' },
      Card: { headerFontSize: 16, headerHeight: 52, bodyPadding: 20, headerPadding: 20 },
      Tabs: { horizontalMargin: '0 0 16px 0', itemSelectedColor: palette.link, itemHoverColor: palette.link, itemActiveColor: palette.link, inkBarColor: palette.link },
      Tag: { defaultBg: isDark ? '#262b34' : '#eef0f4', defaultColor: isDark ? '#c3cad6' : '#4a5261' },
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none' },
      Segmented: { itemColor: palette.secondary },
    },
  }
}

export function channelColour(palette: Palette, channel: string): string {
  return palette.channels[channel] ?? palette.secondary
}

/** Tiers are shown by their place in the ladder; everything above the fourth looks like the fourth. */
export function tierColours(palette: Palette, place: number) {
  const last = palette.tiers.length - 1
  return palette.tiers[Math.min(Math.max(place, 0), last)] ?? { ground: palette.track, text: palette.text }
}
