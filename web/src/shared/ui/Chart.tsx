import type { EChartsCoreOption } from 'echarts/core'
import { useEffect, useRef } from 'react'
import { usePreferences } from '../preferences'
import { fontFamily } from '../theme'
import { echarts } from './echarts'

/** A chart that follows its box and the theme. `label` is what a reader hears. */
export function Chart({ option, height, label }: { option: EChartsCoreOption; height: number; label: string }) {
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<ReturnType<typeof echarts.init> | null>(null)
  const { palette } = usePreferences()

  useEffect(() => {
    if (!box.current) return
    const made = echarts.init(box.current)
    chart.current = made
    const observer = new ResizeObserver(() => made.resize())
    observer.observe(box.current)
    return () => {
      observer.disconnect()
      made.dispose()
      chart.current = null
    }
  }, [])

  useEffect(() => {
    chart.current?.setOption(
      {
        animationDuration: 250,
        textStyle: { fontFamily, color: palette.text },
        tooltip: { trigger: 'axis', backgroundColor: palette.card, borderColor: palette.border, textStyle: { color: palette.text, fontSize: 13 } },
        ...option,
      },
      true,
    )
  }, [option, palette])

  return <div ref={box} role="img" aria-label={label} style={{ height, width: '100%' }} />
}
