import { copyFileSync } from 'node:fs'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Adoption, Difference } from '../../contract/adoption.js'
import { defined } from '../../contract/defined.js'
import type { MigrationFile } from '../../contract/target.js'
import { ledgerSql } from '../../d1/schema/ledger.js'
import { readDetailedCatalog } from '../../d1/schema/schema.js'
import { schemaFingerprint } from '../../d1/schema/catalog.js'
import { migrationOrder } from '../../d1/order/migration-order.js'
import { openConfined } from '../../d1/sqlite/confined.js'
import type { OpenScratch } from '../../d1/scratch/scratch-workerd.js'
import { replayFile } from '../replay/replay.js'
import { readState, replayChain, type ChainLink, type ChainState } from './chain.js'
import { dataStatements, droppedTables, leftToDo } from './data-statements.js'
import { extraObjects, objectDifferences, ownDifferences, tablesFirst, touchedBy } from './objects.js'
import { refusedByD1 } from './on-d1.js'
import { SeedRows } from './seed-rows.js'
import { whyNot } from './why-not.js'

export interface ProveInput {
  /** A copy of the database, an SQLite file of its own; it is copied, never changed. */
  databaseFile: string
  /** The whole folder. */
  files: MigrationFile[]
  /** The ledger, oldest first. */
  ledger: string[]
  migrationsTable: string
  /** The last file that is asked about; absent: all. */
  through?: string
}

/**
 * Which pending files the database holds already, though its ledger does not name them. The files are replayed on an empty database, by
 * SQLite and by D1's engine; a file is proven when every object that it and those before it leave is in the database exactly, what they
 * drop is not, the rows that they insert are found by a chosen key or whole, as one of the files leaves them, or, where SQLite numbers them, by
 * values that no other row has, and each statement that changes rows changes nothing any
 * more on a copy. Only what is proven without a gap from the first pending file on is `proven`.
 */
export async function proveAdoption(input: ProveInput, open?: OpenScratch): Promise<Adoption> {
  const folder = await mkdtemp(join(tmpdir(), 'd1-runbook-adopt-'))
  const copy = join(folder, 'live.sqlite')
  await copyFile(input.databaseFile, copy)
  const database = openConfined(copy)
  try {
    database.exec('PRAGMA synchronous = OFF')
    return await prove(input, { folder, database, copy }, open)
  } finally {
    database.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function prove(
  input: ProveInput,
  { folder, database, copy }: { folder: string; database: DatabaseSync; copy: string },
  open: OpenScratch | undefined,
): Promise<Adoption> {
  const { migrationsTable, ledger, through } = input
  const live = readState(copy, migrationsTable)
  const files = [...input.files].sort((a, b) => migrationOrder(a.name, b.name))
  const end = through === undefined ? files.length : files.findIndex(({ name }) => name === through) + 1
  const asked = files.slice(0, end).filter(({ name }) => !ledger.includes(name))
  const chain = replayChain({ files, applied: ledger, migrationsTable, folder })
  const { links } = chain
  const comparison = new Comparison(links, live, database)
  let count = comparison.longestHeld(asked.length)
  let refusal: { name: string; why: string } | undefined
  while (count > 0) {
    const held = links.slice(0, count)
    const refused = await refusedByD1({ files, ledger, links: held, migrationsTable, folder }, open)
    if (refused === undefined) break
    refusal = refused
    const at = held.findIndex(({ name }) => name === refused.name)
    count = comparison.longestHeld(Math.max(at, 0))
  }
  const proven = links.slice(0, count)
  const rest = asked.slice(count)
  return {
    proven: proven.map(({ name }) => name),
    notProven: rest.map(({ name }, index) => {
      const at = count + index
      const differences = comparison.differencesOf(at)
      const behind = index === 0 ? undefined : rest[0]?.name
      const refused = name === refusal?.name || (index === 0 && count === 0) ? refusal : undefined
      const why = whyNot({
        link: links[at],
        differences,
        behind,
        refused,
        later: comparison.laterVersion(at),
        strange: comparison.strange(at),
      })
      const fails = index === 0 ? failureHere(input, { name, folder }) : undefined
      return { name, why, differences, ...defined({ fails }) }
    }),
    extra: extraObjects(chain, live),
    edited: comparison.edited(count),
    ledger,
    schemaFingerprint: schemaFingerprint([...live.objects.values()]),
  }
}

/** Whether the file would run on the database as it is: what `plan` is going to say of it. */
function failureHere(
  { databaseFile, files, migrationsTable }: ProveInput,
  { name, folder }: { name: string; folder: string },
): string | undefined {
  const file = files.find((one) => one.name === name)
  if (file === undefined) return undefined
  const copy = join(folder, 'tried.sqlite')
  copyFileSync(databaseFile, copy)
  const database = openConfined(copy)
  try {
    database.exec('PRAGMA synchronous = OFF')
    database.exec(ledgerSql(migrationsTable))
    const origin = readDetailedCatalog(database, { migrationsTable })
    const { failures } = replayFile(database, file, { migrationsTable, countRows: false, origin })
    const [failure] = failures.filter(({ code }) => code !== 'TX101')
    return failure && `line ${failure.line}: ${failure.message}`
  } finally {
    database.close()
  }
}

/** The states of the files held against the database. */
class Comparison {
  readonly #links: ChainLink[]
  readonly #live: Omit<ChainState, 'file'>
  readonly #database: DatabaseSync
  readonly #rows: SeedRows
  readonly #left = new Map<string, Difference[]>()

  constructor(links: ChainLink[], live: Omit<ChainState, 'file'>, database: DatabaseSync) {
    this.#links = links
    this.#live = live
    this.#database = database
    this.#rows = new SeedRows(database, live.catalog)
  }

  /** How many of the first `limit` files the database holds together, as the last of them leaves it. */
  longestHeld(limit: number): number {
    for (let count = Math.min(limit, this.#links.length); count > 0; count -= 1)
      if (this.#holds(count)) return count
    return 0
  }

  #holds(count: number): boolean {
    const held = this.#links.slice(0, count)
    const after = held.at(-1)?.after
    if (after === undefined) return false
    const keys = [...new Set(held.flatMap(touchedBy))]
    if (objectDifferences(after, this.#live, keys).length > 0) return false
    if (held.some((link) => this.#leftToDo(link, droppedTables(held)).length > 0)) return false
    return this.#rows.compare({ of: held, later: this.#behind(count) }).lacking.length === 0
  }

  /** Of one file: objects that neither it nor a later one leaves so, rows that it inserts, statements with something left to do. */
  differencesOf(at: number): Difference[] {
    const link = this.#links[at]
    if (link?.after === undefined) return []
    const later = this.#links.slice(at).flatMap(({ after }) => after ?? [])
    const keys = tablesFirst(
      touchedBy(link).filter((key) =>
        later.every((state) => objectDifferences(state, this.#live, [key]).length > 0),
      ),
    )
    const objects = keys.flatMap((key) => ownDifferences(link, later, this.#live, key))
    const lacking = new Set(
      objects.filter(({ kind, state }) => kind === 'table' && state === 'missing').map(({ name }) => name),
    )
    // Of one cause one difference: nothing of a table is there that is not.
    const known = ({ table = '' }: Difference): boolean => !lacking.has(table)
    const rows = this.#rows.compare({ of: [link], later: this.#behind(at + 1), passing: true }).lacking
    const left = this.#leftToDo(link, droppedTables(this.#links)).filter(
      ({ state }) => state === 'not-run' || objects.length === 0,
    )
    return [...objects, ...rows, ...left].filter(known)
  }

  /** A file that leaves an object of `at` as the database has it, where `at` itself does not. */
  laterVersion(at: number): { kind: string; name: string; file: string } | undefined {
    const link = this.#links[at]
    if (link?.after === undefined) return undefined
    for (const key of touchedBy(link)) {
      if (objectDifferences(link.after, this.#live, [key]).length === 0) continue
      const later = this.#links
        .slice(at + 1)
        .find(({ after }) => after !== undefined && objectDifferences(after, this.#live, [key]).length === 0)
      const object = this.#live.objects.get(key) ?? link.after.objects.get(key)
      if (later !== undefined && object !== undefined)
        return { kind: object.type, name: object.name, file: later.name }
    }
    return undefined
  }

  /** Of the file's objects one that the database has as neither it nor a later one leaves it. */
  strange(at: number): { type: string; name: string } | undefined {
    const link = this.#links[at]
    if (link === undefined) return undefined
    const later = this.#links.slice(at).flatMap(({ after }) => after ?? [])
    const key = touchedBy(link).find(
      (one) =>
        this.#live.objects.has(one) &&
        later.every((state) => objectDifferences(state, this.#live, [one]).length > 0),
    )
    return key === undefined ? undefined : this.#live.objects.get(key)
  }

  edited(count: number): Difference[] {
    return this.#rows.compare({ of: this.#links.slice(0, count), later: this.#behind(count) }).edited
  }

  #behind(count: number): ChainState[] {
    return this.#links.slice(count).flatMap(({ after }) => after ?? [])
  }

  #leftToDo(link: ChainLink, dropped: Set<string>): Difference[] {
    const known = this.#left.get(link.name)
    const owns = (name: string): boolean => this.#live.catalog.tables.has(name.toLowerCase())
    const left =
      known ??
      dataStatements(link, owns).flatMap((each) => {
        const rest = leftToDo(this.#database, this.#live.catalog, each)
        return rest === undefined ? [] : [{ ...rest, table: rest.table ?? each.anatomy.target ?? '' }]
      })
    this.#left.set(link.name, left)
    return left.filter(
      ({ state, table = '' }) =>
        state === 'not-run' ||
        this.#live.catalog.tables.has(table.toLowerCase()) ||
        !dropped.has(table.toLowerCase()),
    )
  }
}
