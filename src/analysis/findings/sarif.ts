import { plain } from '../../contract/command-line.js'
import { fixPlace } from '../../text/fix.js'
import type { Finding, Fix } from '../../contract/finding.js'
import { RULES } from '../rules/index.js'
import { words } from '../../contract/next-command.js'

const LEVEL = { error: 'error', warning: 'warning', info: 'note' } as const

/** SARIF 2.1.0 for code review tools. `migrationsDir`: path of the folder as the tool knows it, relative to the repository. */
export function formatSarif(findings: Finding[], options: { migrationsDir: string }): string {
  const folder = options.migrationsDir.replaceAll('\\', '/').replace(/\/$/, '')
  const used = new Set(findings.map(({ code }) => code))
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'd1-runbook',
            rules: RULES.filter(({ code }) => used.has(code)).map((rule) => ({
              id: rule.code,
              shortDescription: { text: rule.title },
              help: { text: rule.advice },
              defaultConfiguration: { level: LEVEL[rule.severity] },
            })),
          },
        },
        results: findings.map((finding) => result(finding, folder)),
      },
    ],
  }
  return JSON.stringify(document, null, 2)
}

function result(finding: Finding, folder: string): object {
  const location = {
    physicalLocation: {
      artifactLocation: { uri: uriOf(folder, finding.migration) },
      region: { startLine: finding.line ?? 1 },
    },
  }
  return {
    ruleId: finding.code,
    level: LEVEL[finding.severity],
    message: { text: plain(words`${finding.message} ${finding.advice}`) },
    locations: finding.migration === '-' ? [] : [location],
    ...(finding.fix === undefined ? {} : { fixes: [fixOf(finding.fix, folder)] }),
    ...(finding.accepted === undefined
      ? {}
      : { suppressions: [{ kind: 'inSource', justification: finding.accepted }] }),
  }
}

/** Whole lines: from the first column of one to the first column of the line behind the other. */
function fixOf(fix: Fix, folder: string): object {
  const { file, fromLine, toLine } = fix.replaces
  const deletedRegion = { startLine: fromLine, startColumn: 1, endLine: toLine + 1, endColumn: 1 }
  return {
    description: { text: fixPlace(fix).replace(/:$/, '') },
    artifactChanges: [
      {
        artifactLocation: { uri: uriOf(folder, file) },
        replacements: [{ deletedRegion, insertedContent: { text: `${fix.sql}\n` } }],
      },
    ],
  }
}

function uriOf(folder: string, file: string): string {
  return encodeURI(`${folder}/${file}`)
}
