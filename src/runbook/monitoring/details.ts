import type { MonitoringView } from '../../contract/monitoring.js'
import { reasonTexts } from '../../contract/reasons.js'
import { zonedDateTime } from '../../text/clock.js'
import { paragraphs, prose } from '../../text/markdown.js'

/** Newest first; the others are in the query `monitoring` and in the report. */
const SHOWN = 6

/** What the monitoring has seen, in Markdown that Temporal's UI renders. `note`: what went wrong beside it. */
export function renderMonitoring(
  view: MonitoringView,
  { timeZone, note = '' }: { timeZone: string; note?: string },
): string {
  const { checkpoints, planned, nextAt, verdicts } = view
  const looked = checkpoints.filter(({ extra }) => extra !== true).length
  const time = (iso: string): string => zonedDateTime(Date.parse(iso), timeZone)
  const last = checkpoints.slice(-SHOWN).reverse()
  return paragraphs(
    `**${looked} of ${planned} checkpoints**`,
    prose(nextAt === undefined ? 'The last one is done.' : `Next: ${time(nextAt)}`),
    prose(note),
    Object.entries(verdicts)
      .map(([verdict, count]) => `- ${verdict}: ${count}`)
      .join('\n'),
    last.length > 0 && '**Newest first**',
    last
      .map(({ number, at, verdict, reasons }) => {
        const why = reasonTexts(reasons).map((text) => `: ${prose(text)}`)
        return `- Checkpoint ${number}, ${time(at)}: ${verdict}${why.join('')}`
      })
      .join('\n'),
  )
}
