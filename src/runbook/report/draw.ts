import type { Drawing } from './charts.js'

export type Draw = (drawing: Drawing, width: number) => string

/**
 * Loads the charting library when the first chart is drawn: a status command must not wait for it. Draws on the server,
 * to SVG, without a browser.
 */
export async function loadDraw(): Promise<Draw> {
  const [
    { init, use },
    { BarChart, LineChart, ScatterChart },
    { GridComponent, MarkAreaComponent, MarkLineComponent },
    { SVGRenderer },
  ] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ])
  use([BarChart, LineChart, ScatterChart, GridComponent, MarkAreaComponent, MarkLineComponent, SVGRenderer])
  return ({ option, height }, width) => {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width, height })
    try {
      chart.setOption(option)
      return chart.renderToSVGString()
    } finally {
      chart.dispose()
    }
  }
}
