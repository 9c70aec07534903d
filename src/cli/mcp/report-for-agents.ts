import { buildReport } from '../../runbook/report/build.js'
import type { ReportDocument } from '../../runbook/report/document.js'
import type { ReportInput } from '../../runbook/report/input.js'
import { documentMarkdown } from '../../runbook/report/markdown.js'
import { forAgents } from './for-people.js'

/** The report as Markdown, in which commands of people are named and none of them can be typed: those that the run tells, and those that the report adds. */
export function reportForAgents(input: ReportInput): string {
  const told = forAgents(input) as ReportInput
  return documentMarkdown(forAgents(buildReport(told)) as ReportDocument)
}
