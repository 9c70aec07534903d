import { defined } from '../../contract/defined.js'
import type { Finding, Fix } from '../../contract/finding.js'
import { command, words, type Words } from '../../contract/next-command.js'
import { alreadyThere } from '../statement/already-there.js'
import type { Evidence, FailureEvidence } from '../evidence.js'
import { inTheWay } from './in-the-way.js'
import { refusedDrop } from './refused-drop.js'
import { findingOf, same, type Rule } from './rule.js'

/** Findings of one code among what will not run. */
export function failuresOf(rule: Rule, evidence: Evidence): Finding[] {
  return evidence.failures
    .filter(({ code }) => code === rule.code)
    .map((failure) => failed(rule, evidence, failure))
}

/** The first pending file meets what it would make: the database may hold it already, and its ledger does not say so. */
function madeWithoutLedger(
  { files, before }: Evidence,
  { file, message }: FailureEvidence,
): { message: string; advice: Words } | undefined {
  const [first] = files
  if (first?.name !== file || !/ already exists$|^duplicate column name: /.test(message)) return undefined
  const there = alreadyThere(first.sql, ({ type, name }) => isThere(before, type, name))
  if (there.length === 0 && !message.startsWith('duplicate column name')) return undefined
  const names = there.map(({ type, name }) => `${type} ${name}`).join(', ')
  return {
    message:
      names === ''
        ? message
        : `${message}. Of what this file makes, the database has ${names} already, and its ledger does not name the file.`,
    advice: words`If the database was made without its ledger, ${command('adopt', '--dry-run')} shows which files it holds already, to be recorded. Else correct the statement.`,
  }
}

function isThere({ tables, triggers, views }: Evidence['before'], type: string, name: string): boolean {
  const key = name.toLowerCase()
  if (type === 'index')
    return [...tables.values()].some(({ indexes }) => indexes.some((index) => same(index.name, name)))
  return { table: tables, trigger: triggers, view: views }[type]?.has(key) ?? false
}

function failed(rule: Rule, evidence: Evidence, failure: FailureEvidence): Finding {
  const cause: Cause | undefined =
    inTheWay(evidence, failure) ?? refusedDrop(evidence, failure) ?? madeWithoutLedger(evidence, failure)
  const { line = failure.line, message = failure.message, advice = failure.advice, fix } = cause ?? {}
  const severity = failure.uncertain === true ? 'warning' : 'error'
  return findingOf(rule, severity, { file: failure.file, line }, message, defined({ advice, fix }))
}

/** Why a statement fails, where more is known than what SQLite says. */
interface Cause {
  message: string
  advice: Words
  fix?: Fix
  /** Of the statement to blame, where it is another one. */
  line?: number
}
