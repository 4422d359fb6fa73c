import type { Palette } from '../theme'

/** Axes as quiet as they can be: no lines but the grid's, small secondary labels. */
export function categoryAxis(palette: Palette, categories: string[], more: object = {}) {
  return {
    type: 'category',
    data: categories,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: palette.grid } },
    axisLabel: { color: palette.secondary, fontSize: 12 },
    ...more,
  }
}

export function valueAxis(palette: Palette, write: (value: number) => string, more: object = {}) {
  return {
    type: 'value',
    // What is counted has no halves.
    minInterval: 1,
    axisLabel: { color: palette.secondary, fontSize: 12, formatter: write },
    splitLine: { lineStyle: { color: palette.grid } },
    ...more,
  }
}

export function legend(palette: Palette, more: object = {}) {
  return {
    type: 'scroll',
    top: 0,
    left: 0,
    pageIconSize: 10,
    itemWidth: 10,
    itemHeight: 10,
    itemGap: 16,
    icon: 'roundRect',
    textStyle: { color: palette.secondary, fontSize: 12 },
    ...more,
  }
}
