import {
  portableLines,
  REFUSED,
  remoteTriggers,
  type RemoteTrigger,
  type TriggerShape,
} from '../../d1/sql/remote-triggers.js'
import { defined } from '../../contract/defined.js'
import type { Finding, Fix, Severity } from '../../contract/finding.js'
import type { Destination, Evidence } from '../evidence.js'
import { findingOf, type Rule } from './rule.js'

export const tr102: Rule = {
  code: 'TR102',
  title: 'trigger that remote D1 cuts apart',
  severity: 'error',
  advice:
    'Write it in the form that remote D1, Wrangler and SQLite read alike: BEGIN and END in capitals, each CASE … END in parentheses, no line ends of Windows. ' +
    'The file as it is passes by `wrangler d1 execute --remote --file`: an import, which is no transaction.',
  source:
    'https://github.com/cloudflare/workers-sdk/issues/15314, 4326, 14991, 15690: the splitter of /query',
  check: (evidence) =>
    silent(evidence.destination) ? [] : evidence.files.flatMap((file) => inFile(evidence, file)),
}

/** The engine of this machine splits as SQLite does, and there is no other database that the file is for. */
function silent(destination: Destination): boolean {
  return destination.place === 'local' && !destination.remoteId
}

function inFile({ destination }: Evidence, file: { name: string; sql: string }): Finding[] {
  return remoteTriggers(file.sql).map((trigger) => {
    const place = { file: file.name, line: trigger.line }
    return findingOf(tr102, severityOf(trigger, destination), place, messageOf(trigger, destination), {
      table: trigger.table,
      ...defined({ advice: adviceOf(trigger), fix: fixOf(file, trigger) }),
    })
  })
}

function severityOf({ shapes }: RemoteTrigger, destination: Destination): Severity {
  if (destination.place === 'local') return 'info'
  if (shapes.every((shape) => shape === 'far-down') && destination.place === 'unknown') return 'info'
  return destination.place === 'remote' && shapes.some((shape) => isRefused(shape, destination))
    ? 'error'
    : 'warning'
}

function isRefused(shape: TriggerShape, destination: Destination): boolean {
  if (shape !== 'crlf') return REFUSED.has(shape)
  return destination.place === 'remote' && destination.wrangler?.sendsLf === false
}

function messageOf(trigger: RemoteTrigger, destination: Destination): string {
  const { name, shapes } = trigger
  const refused = shapes.filter((shape) => isRefused(shape, destination))
  const told = refused.length > 0 ? refused : shapes
  const why = told.map((shape) => reason(shape, trigger, destination)).join('; ')
  const claim =
    refused.length > 0
      ? `Remote D1 cuts the trigger ${name} apart and answers "incomplete input"`
      : `Remote D1 is reported to have cut triggers like ${name} apart ("incomplete input")`
  return `${destination.place === 'local' ? 'It runs on this machine. ' : ''}${claim}: ${why}.`
}

function reason(shape: TriggerShape, { before }: RemoteTrigger, destination: Destination): string {
  switch (shape) {
    case 'begin':
      return 'it knows BEGIN in capitals only, so the first ; inside ends the trigger (workers-sdk issue 15314)'
    case 'case':
      return 'it takes the END; of a CASE without parentheses for the end of the trigger (workers-sdk issue 4326)'
    case 'case-inside':
      return 'a CASE without parentheses ends with END and a space, which may be taken for the end of the trigger (beside workers-sdk issue 4326)'
    case 'end':
      return 'its END is not in capitals (beside workers-sdk issue 15314)'
    case 'crlf':
      return `its lines end as on Windows, which Wrangler sends as they are before 4.124.0 (workers-sdk issue 14991)${wranglerHere(destination)}`
    case 'far-down':
      return `${before} statements stand before it in the file; six were enough once (workers-sdk issue 15690, open)`
  }
}

function wranglerHere(destination: Destination): string {
  if (destination.place !== 'remote' || destination.wrangler === undefined) return ''
  const { version, sendsLf } = destination.wrangler
  return sendsLf
    ? `; Wrangler ${version} here makes them line feeds, whoever sends the file otherwise does not`
    : `; here it is ${version}`
}

function adviceOf({ shapes }: RemoteTrigger): string | undefined {
  if (shapes.every((shape) => shape === 'far-down'))
    return 'Move the trigger into a migration file of its own, right behind this one: alone in a file, such a trigger passes.'
  if (!shapes.includes('crlf')) return undefined
  return `${tr102.advice} Keep line feeds with \`*.sql text eol=lf\` in .gitattributes.`
}

function fixOf(file: { name: string; sql: string }, { line, shapes }: RemoteTrigger): Fix | undefined {
  if (shapes.every((shape) => shape === 'far-down')) return undefined
  const lines = portableLines(file.sql, line)
  if (lines === undefined) return undefined
  const { sql, fromLine, toLine } = lines
  return { sql, replaces: { file: file.name, fromLine, toLine } }
}
