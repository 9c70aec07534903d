import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { shellWord } from '../contract/shell.js'
import { didYouMean } from './closest.js'
import type { Environment, Project } from './project.js'
import type { D1Entry, WranglerLevel } from './wrangler-file.js'

/**
 * The entry that is asked for by `--database`, else by runbook.config, else the only one. Several bindings of one database with
 * one history are one choice. Throws `DatabaseNotFound`, and `ConfigInvalid` where more than one is left.
 */
export function chooseDatabase(
  project: Project,
  environment: Environment,
  level: WranglerLevel,
  asked: string | undefined,
): D1Entry {
  const where = environment.wranglerEnv === undefined ? 'the top level' : `[env.${environment.wranglerEnv}]`
  const file = path.basename(project.wrangler.file)
  const wanted = asked ?? configured(project, environment)
  if (level.databases.length === 0) {
    throw new RunbookError(
      'DatabaseNotFound',
      `${where} of ${file} has no D1 database${level.likeDatabases.length === 0 ? '' : `, but ${level.likeDatabases.join(', ')}: the key is d1_databases`}.`,
      {
        advice: `Add a d1_databases entry there, or set environments.${environment.name}.wranglerEnv in runbook.config.`,
      },
    )
  }
  const candidates = candidatesFor(level, wanted)
  const [entry] = candidates
  if (entry === undefined) {
    const names = unique(level.databases.map(({ name }) => name))
    throw new RunbookError(
      'DatabaseNotFound',
      `${where} of ${file} has no database "${wanted}".${didYouMean(wanted ?? '', names)} It has: ${names.join(', ')}.`,
      { advice: 'Give one of them: --database NAME.' },
    )
  }
  if (candidates.every((other) => isSame(entry, other, environment.remote))) return entry
  throw severalDatabases(
    `${where} of ${file}`,
    { wanted, candidates, all: level.databases },
    environment.remote,
  )
}

/** What `--database` must say to mean `entry`: undefined where it is meant without, and where nothing means it alone. */
export function databaseOptionFor(
  project: Project,
  environment: Environment,
  { level, entry }: { level: WranglerLevel; entry: D1Entry },
): string | undefined {
  const unasked = candidatesFor(level, configured(project, environment))
  if (unasked.every((other) => isSame(entry, other, environment.remote))) return undefined
  return callOf(entry, level.databases)
}

function configured({ config }: Project, { settings }: Environment): string | undefined {
  return settings.database ?? config.database
}

function candidatesFor({ databases }: WranglerLevel, wanted: string | undefined): readonly D1Entry[] {
  return wanted === undefined ? databases : databases.filter((entry) => answersTo(entry, wanted))
}

interface Choice {
  wanted: string | undefined
  /** Those that answer to it. */
  candidates: readonly D1Entry[]
  all: readonly D1Entry[]
}

function severalDatabases(where: string, { wanted, candidates, all }: Choice, remote: boolean): RunbookError {
  const [first] = candidates
  const one = candidates.every((other) => first !== undefined && sameDatabase(first, other, remote))
  const names = unique(candidates.map(({ name }) => name))
  const shown = candidates.map((entry) => {
    if (one) return `${entry.binding} (${historyOf(entry)})`
    return names.length === candidates.length ? entry.name : `${entry.binding} (${entry.name})`
  })
  const calls = candidates.flatMap((entry) => callOf(entry, all) ?? [])
  const listed = calls.map((call) => `--database ${shellWord(call)}, or `).join('')
  // A binding of one may be the name of another.
  const asked =
    wanted === undefined || names.length < 2
      ? `${where} has several databases: ${shown.join(', ')}.`
      : `"${wanted}" is several databases of ${where}: ${candidates.map((entry) => calledText(entry, wanted)).join(', ')}.`
  return new RunbookError(
    'ConfigInvalid',
    one
      ? `${where} names one database, ${names.join(', ')}, under several bindings with other migrations: ${shown.join(', ')}.`
      : asked,
    {
      advice:
        calls.length === 0
          ? 'None of them has a name, a binding or an ID that is not also another one: rename a binding.'
          : `Say which: ${listed}\`database\` in runbook.config.`,
      details: { databases: names, bindings: candidates.map(({ binding }) => binding) },
    },
  )
}

/** By which of its names an entry answers to what was asked for, and what else it is called. */
function calledText({ name, binding, id }: D1Entry, wanted: string): string {
  if (binding === wanted) return `the binding of the database ${name}`
  if (name === wanted) return `the name of the database whose binding is ${binding}`
  return `the ID ${id ?? ''} of ${name} (${binding})`
}

/** What only this one of them answers to: its name, as people know it, else its binding, else its ID. */
function callOf(entry: D1Entry, all: readonly D1Entry[]): string | undefined {
  const calls = [entry.name, entry.binding, entry.id ?? '']
  return calls.find((call) => call !== '' && all.filter((each) => answersTo(each, call)).length === 1)
}

export function answersTo(entry: D1Entry, name: string): boolean {
  return entry.name === name || entry.binding === name || entry.id === name
}

/** Locally Wrangler keys the state by the preview ID first, and needs no real ID at all. */
export function localId({ previewId, id, binding }: D1Entry): string {
  return previewId ?? id ?? binding
}

function sameDatabase(one: D1Entry, other: D1Entry, remote: boolean): boolean {
  return remote ? one.id !== undefined && one.id === other.id : localId(one) === localId(other)
}

/** One database with one history, under two bindings. */
function isSame(one: D1Entry, other: D1Entry, remote: boolean): boolean {
  return one === other || (sameDatabase(one, other, remote) && sameHistory(one, other))
}

function sameHistory(one: D1Entry, other: D1Entry): boolean {
  return historyOf(one) === historyOf(other)
}

function historyOf(entry: D1Entry): string {
  const { migrationsPattern, migrationsTable } = entry
  const files =
    migrationsPattern === undefined
      ? `${plainPath(migrationsDir(entry))}/*.sql`
      : plainPath(migrationsPattern)
  return migrationsTable === undefined ? files : `${files}, ledger ${migrationsTable}`
}

/** As written, with the separators that Wrangler turns; its default where nothing is. */
export function migrationsDir({ migrationsDir: written = 'migrations' }: D1Entry): string {
  return written.replaceAll('\\', '/')
}

export function plainPath(text: string): string {
  return path.posix.normalize(text.replaceAll('\\', '/')).replace(/\/$/, '')
}

function unique(values: string[]): string[] {
  return [...new Set(values)]
}
