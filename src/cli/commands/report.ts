import { mkdir } from 'node:fs/promises'
import type { Command } from 'commander'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { shortRunId } from '../../contract/names.js'
import type { App } from '../terminal/app.js'
import { keepPrivate } from '../../process/private-files.js'
import { stateFolder } from '../../process/state-folder.js'
import { writeOutputFile } from '../terminal/output-file.js'
import { withRun } from '../../client/run-id.js'

interface ReportOptions {
  out?: string
  open?: boolean
  runId?: string
}

/** Runbook, "Documentation Updates": made from the workflow alone, during the run too. */
export function reportCommand(app: App, summary: string): Command {
  return app
    .command('report [id]', summary, [
      'report --env production --open',
      'report --out reports/march      # writes reports/march.html and reports/march.md',
      'report --json',
    ])
    .option('--out <file>', 'where to write; .html and .md are added (default: .d1-runbook/reports/…)')
    .option('--open', 'open the HTML file in the browser')
    .option('--run-id <id>', 'an earlier run of the same database')
    .action(
      app.action<ReportOptions>(async ({ options, args: [id], output }) => {
        const { readReport } = await import('../jobs/read-report.js')
        const { renderHtml } = await import('../../runbook/report/html.js')
        const { renderMarkdown } = await import('../../runbook/report/markdown.js')
        const input = await withRun(options, id, (session, workflowId, named) =>
          readReport(session, workflowId, options.runId ?? named),
        )
        const base = outputBase(options, input.view)
        const html = `${base}.html`
        const markdown = `${base}.md`
        // Where nobody named a place it lies beside what else is kept of runs; a named one is written as the user writes.
        if (options.out === undefined) {
          keepPrivate()
          await mkdir(path.dirname(base), { recursive: true })
        }
        await writeOutputFile('--out', html, renderHtml(input))
        await writeOutputFile('--out', markdown, renderMarkdown(input))
        output.document({
          success: true,
          workflowId: input.view.workflowId,
          runId: input.view.runId,
          html,
          markdown,
        })
        if (!output.json) {
          output.line(`Wrote ${pathToFileURL(html).href}`)
          output.line(`Wrote ${markdown}`)
        }
        if (options.open === true) await openInBrowser(html)
        return 0
      }),
    )
}

function outputBase(
  options: ReportOptions & { project: string },
  run: { environment: string; startedAt: string; runId: string },
): string {
  if (options.out !== undefined) return path.resolve(options.out.replace(/\.(?:html?|md)$/i, ''))
  const stamp = run.startedAt.replaceAll(/[-:]|\.\d+Z$/g, '').replace('T', '-')
  return stateFolder(options.project, 'reports', `${run.environment}-${stamp}-${shortRunId(run.runId)}`)
}

async function openInBrowser(file: string): Promise<void> {
  const { openWithSystem } = await import('../../process/programs.js')
  await openWithSystem(file)
}
