import type { TableAccess } from './statement/table-access.js'
import type { DetailedCatalog, TableSchema } from '../d1/schema/schema.js'
import type { StatementParts } from './statement/statement.js'
import type { Precondition } from './statement/if-not-exists.js'
import type { WriteKind } from './statement/search-triggers.js'
import type { ColumnSource } from './statement/column-sources.js'
import { type Words } from '../contract/next-command.js'

/** A statement, or a trigger that it fires, which reads a table from its start for each of many rows. */
export interface HeavyReads {
  /** Rows that it reads at most. */
  rows: number
  /** The table that is read again and again, how many rows it has, and how often it is read at most. */
  table: string
  tableRows: number
  times: number
  trigger?: string
  /** The parent whose rows go, where a foreign key of `table` is what reads it. */
  key?: string
  /** A CREATE INDEX under which it reads less than a tenth. */
  index?: string
}

/** Rows that D1 counts for one statement, those of its triggers and indexes too. */
export interface StatementRows {
  line: number
  rowsRead: number
  rowsWritten: number
}

export interface StatementEvidence {
  /** File name. */
  file: string
  line: number
  sql: string
  anatomy: StatementParts
  touches: TableAccess[]
  /** Rows changed by the statement itself, without triggers and foreign keys. */
  changes: number
  /** Rows of the tables in which it deletes. */
  counts: { table: string; before: number; after: number }[]
  /** Of a DELETE: the first columns of a few of the rows that it takes itself, as SQL literals. */
  taken?: string[]
  /**
   * Of an UPDATE: for the columns that it sets, how many values there are before and after that are not NULL or empty, and where it can be
   * asked in how many rows it wrote another value.
   */
  filled?: { column: string; before: number; after: number; changed?: number }[]
  /** Double-quoted names that SQLite reads as text although a column of that name is meant. */
  literals: string[]
  /** Columns that it copies as they are, under the names of then. */
  sources: ColumnSource[]
  /** What a CREATE … IF NOT EXISTS did not get. */
  unmet?: Precondition
  /** Tables, in lower case, whose rows it picks or fills by the time or chance; where that was asked for. */
  timeOrChance?: string[]
  /** It writes, alters or drops the ledger. */
  writesLedger?: true
  reads?: HeavyReads
  /** Triggers that it sets off, and the rows that were written beside its own. */
  fires?: { triggers: string[]; rows: number }
  /** Milliseconds. */
  durationMs: number
}

/** The rows for which a statement failed. */
export interface FailingRows {
  /** Which rule they break: they are equal, empty, refused by a CHECK, without a parent, of another type. */
  what: 'duplicate' | 'null' | 'check' | 'orphan' | 'type'
  table: string
  /** For `orphan`. */
  parent?: string
  rows: number
  /** A few, as `column = value` with values as SQL literals. */
  samples: string[]
  /** A SELECT that finds them in the database as it is. */
  query?: string
}

/** A statement or file that will not run. */
export interface FailureEvidence {
  file: string
  line: number
  sql: string
  message: string
  /** `copy`: on the restored copy; `chain`: replaying the files; `commit`: at the end of the file. */
  where: 'copy' | 'chain' | 'commit'
  code: string
  advice?: Words
  rows?: FailingRows
  /** The chain starts from a schema that no file creates: it proves little. */
  uncertain?: boolean
}

/** Values of one column that the migration changed. */
export interface ColumnChange {
  column: string
  /** Its name afterwards; absent when the column is gone. */
  after?: string
  /** Rows with a value before; of a column that is gone those that are still there. */
  values: number
  /** Of a column that is gone: values that are gone with their rows. */
  withRows?: number
  /** Rows whose value became NULL, or an empty text, object or list. */
  nulled: number
  changed: number
  /** Of the changed ones: those that CAST or a numeric type cut: texts to the number that they start with, or to 0, and numbers to shorter ones. */
  cut?: number
  cutSamples?: ColumnChange['samples']
  /** Of the changed ones: texts of which only the beginning is left, and nothing gives back what followed. */
  short?: { rows: number; samples: ColumnChange['samples'] }
  /** Of the changed ones: the same value, stored as another type: 1 as 1.0 or '1'. */
  retyped?: number
  /**
   * Empty texts that are NULL now, and rows that said NULL and still do: of the changed ones, where there are such rows, or of those that a column which is
   * gone does not leave elsewhere.
   */
  blanked?: { values: number; nulls: number }
  /**
   * Of the changed ones: `rows` whose value is one that other values became, or were, as well; `values` different ones that are `into` now. `lost`: a statement
   * made them of the values themselves (`substr(name, 1, 3)`, not `lower(name)`), or put one word for words that a CHECK listed and nobody spelt, and nothing
   * gives the old ones back.
   */
  merged?: { rows: number; values: number; into: number; lost: boolean; samples: ColumnChange['samples'] }
  /** What it was in every row, calculated from what it is now, as SQL. */
  undone?: string
  /** The column of before whose values it holds in every row that changed: a copy or an UPDATE put them there. */
  taken?: string
  /** Of the changed ones: JSON documents of which nothing is left in the new ones. */
  overwritten?: number
  /** Of the changed ones: JSON documents of which neither they nor a column filled from them holds a member or element now. */
  shed?: number
  /** Of the values that became NULL or empty, then of the others that were not cut; a few of each. */
  samples: { key: string; before: string; after: string }[]
  /** `table.column` that holds the same values now. */
  preservedIn?: string
  /** Columns of the same table whose values are in the same column: which came from which is gone. */
  among?: string[]
  /** Of a column that is gone: `table.column` that holds all its values but those that are lost. */
  othersIn?: string
  /** `table.column` that holds the values which this column, though it is still there, no longer has. */
  heldIn?: string
  /** `table.column` that holds one other word for each value but those lost: which stands for which, only the migration says. */
  mappedTo?: string
  mappedSamples?: ColumnChange['samples']
  /** Of a column that is gone: the value, as an SQL literal, that all rows had which are still there; the migration chose them by it. */
  kindThatStays?: string
  /** All rows hold one and the same value now, as a forgotten column of a rebuild does. */
  uniform?: boolean
  /** A generated column, before or afterwards. */
  computed?: 'otherwise' | 'now' | 'no longer'
  /** Of the changed ones: values that a table held before which takes the place of this one. */
  stale?: number
  /** The copy of a rebuild left the key to SQLite: the rows are there, under the keys that it gave them. */
  renumbered?: true
}

export interface DataComparison {
  rowsBefore: number
  rowsAfter: number
  /** Rows found nowhere afterwards. */
  lost: number
  /** Rows that another table holds now. */
  moved: number
  movedTo?: string
  /** Of those: the table in which no column tells the rows of a dropped one from others. */
  among?: string
  /** The moved rows got other keys there: those of before are gone. Nothing referred to them. */
  underOtherKeys?: true
  lostSamples: string[]
  /** Rows that are gone, beside the lost ones, of which one that is equal in every column (but `equalBut`) is still there. */
  equal?: number
  equalSamples?: string[]
  /** The key, where the equal one differs in it; nothing refers to the gone ones then. */
  equalBut?: string
  /** Rows that are gone, beside the lost ones, or rows of a dropped table: each went into another with its key. */
  summed?: SummedRows
  columns: ColumnChange[]
  filled: FilledColumn[]
  /** Rows of now that are known as one of before that another one is known as already. */
  multiplied: number
  /** Each row of before is one of now, with the same values, and there are no others. */
  identical?: true
  /** NULLs of before in columns that may not be NULL any more. */
  nulls: { column: string; rows: number }[]
  appeared?: AppearedRows
  /** By the name of a unique index that the table did not have: rows of before that shared its columns with another one. */
  shared?: Record<string, number>
}

/** Rows that became one with another; `columns` hold their sums, `ends` the least or most of theirs, and the others what all of them said. */
export interface SummedRows {
  rows: number
  columns: string[]
  ends?: string[]
  /** The columns in which they were equal, where that is not their key. */
  by?: string[]
}

/** NULLs of a column that are values now. */
export interface FilledColumn {
  column: string
  /** Its name afterwards. */
  after: string
  rows: number
  /** The most frequent ones, as SQL literals. */
  values: { value: string; rows: number }[]
  /** Where it is one value only: rows that said it before. */
  known?: number
}

/** Rows of a rebuilt table that it did not have before and that no statement added from elsewhere. */
export interface AppearedRows {
  rows: number
  /** The first columns of a few, as SQL literals. */
  samples: string[]
  /** The table that took its place was there before, with rows; `asked`: a CREATE TABLE IF NOT EXISTS wanted it new. */
  leftover?: { table: string; rows: number; asked: boolean }
  /** The columns, all together unique now, of which a copy fills one from elsewhere: it makes a row for each. */
  each?: string[]
}

/** What became of a CHECK that the table no longer has word for word. */
export interface CheckComparison {
  check: string
  /** Columns of before that it names. */
  columns: string[]
  /** Some CHECK of the new table is about one of them. */
  replaced: boolean
  /**
   * By rows at its edge, offered to both tables. `covered`: all that it refused are refused; `admitted`: one that it refused is taken;
   * `untried`: none was found that it refuses. `grown`: it lists allowed values, and more of them now.
   */
  outcome: 'covered' | 'admitted' | 'untried' | 'grown'
  /** For `admitted`: the row, as `column = value`. */
  row?: string
}

/** A default that is gone or makes another value. */
export interface DefaultComparison {
  column: string
  /** The column's name afterwards. */
  after: string
  was: string
  /** SQL text; null where there is none any more. */
  is: string | null
}

/** A rule that a rebuilt table did not have, about columns that it had. Names of now. */
export type AddedRule =
  /** `row`: one that it refuses and the table took, as `column = value`; absent where none was found. `fewer`: it lists fewer values. */
  | { kind: 'check'; check: string; column?: string; row?: string; fewer?: true }
  /** `alike`: rows that only now are equal to another one; absent without rows. `unique`: a key refuses equal ones. */
  | { kind: 'collation'; column: string; collation: string; alike?: number; unique: boolean }
  /** Rows that leave the column out had NULL. `is`: SQL text. */
  | { kind: 'default'; column: string; is: string }
  | { kind: 'autoincrement' }
  /** ON CONFLICT of a rule (`UNIQUE (email)`), and what it was; absent where the rule is new. */
  | { kind: 'conflict'; rule: string; is: string; was?: string }

/** A view that was made again in other words. */
export interface ViewFate {
  name: string
  /** What it shows before and now, and how many rows of each the other does not show, by the columns that both have. */
  rows?: { before: number; after: number; gone: number; come: number }
  /** What follows its columns is written otherwise: FROM, WHERE and the rest. */
  source: boolean
}

/** A column of a table that was filled from a column of before and nothing else was done to the values on the way. */
export interface Heir {
  /** Column before. */
  column: string
  table: string
  is: string
}

/** What became of one table that existed before. */
export interface TableFate {
  before: TableSchema
  after?: TableSchema
  how: 'kept' | 'renamed' | 'rebuilt' | 'dropped'
  /** Names in lower case before, names after: by ALTER TABLE … RENAME COLUMN. */
  renamedColumns: Map<string, string>
  /** A column of a table that stays was dropped, and another one has its name: what was declared of it went with it. */
  remade?: true
  /** Rows may have changed; false when only its shape did. */
  written: boolean
  /** Other tables that statements filled from this one. */
  copiedTo: string[]
  /** Of these the ones that have one row for several of this one: filled by GROUP BY and its like alone. */
  condensedTo?: string[]
  /** Where columns of this table were copied to as they are, in one step or several. Names after. */
  heirs: Heir[]
  /** Statement that dropped or renamed the original. */
  ended?: StatementEvidence
  data?: DataComparison
  /** For tables that were rebuilt or renamed. */
  checks?: CheckComparison[]
  defaults?: DefaultComparison[]
  added?: AddedRule[]
}

/** The last key that AUTOINCREMENT gave out, where it is forgotten: keys of deleted rows can come again. */
export interface LoweredSequence {
  table: string
  before: number
  after: number
}

/** Rows of a new table, or of `source` itself, each a copy of a row of `source` which it holds once already. */
export interface RepeatedRows {
  table: string
  source: string
  rows: number
  samples: string[]
  /** The statement that filled it first. */
  file: string
  line: number
}

/** A search index whose answers are not the rows that it is about. */
export interface SearchMismatch {
  index: string
  /** The table or view whose rows are searched. */
  table: string
  /** `renumbered`: its own rows are there, some of them (`missing`) under other numbers. */
  state: 'mismatch' | 'unreadable' | 'renumbered'
  /** `none`: the index is new; `partial`: it held fewer than all rows, and holds still fewer now. */
  before: 'none' | 'sound' | 'partial' | 'mismatch'
  /** Rows of the table. */
  rows: number
  /** Of them, those that the index does not hold as they are; 0 where only the check as a whole fails. */
  missing: number
  /** New, filled in part, and refused by FTS5's integrity-check; never where a trigger chooses the rows that it holds in a way that is not understood. */
  malformed?: true
  /** Its triggers put only some rows of the table in; `rows` and `missing` are about those. */
  chosen?: true
  /** For `renumbered`: a column of another table, called after it, that says numbers of its rows and no others, and was left as it is. */
  referredBy?: string
  /** SQLite's words, for `unreadable`. */
  message?: string
  /** Statements that fill it again. */
  refill: string[]
  /** For `renumbered`: the one statement that copied its rows, and the same with their numbers. */
  copy?: { file: string; line: number; sql: string; withNumbers: string }
}

/** Writes of a table that its triggers do not carry into a search index, though some of them fill it. Tried on tables without a row of others. */
export interface UnfollowedWrites {
  index: string
  table: string
  /** `new`: neither was there before, or nothing filled the index then. `followed`: it followed these writes. */
  before: 'new' | 'followed'
  writes: UnfollowedWrite[]
  /** Statements with which the index follows all of them; empty where that is not known. */
  fix: string[]
}

export interface UnfollowedWrite {
  kind: WriteKind
  /** Of an UPDATE: the columns that the index does not follow; absent where it follows none. */
  columns?: string[]
  /** The row is still found by its old words; it is not found by its new ones. Both false where the write itself fails. */
  stale: boolean
  missing: boolean
  /** SQLite's words, where the trigger makes the write fail. */
  message?: string
  /** The trigger of before that did it and is gone. */
  lost?: string
}

export interface ViolationCount {
  table: string
  parent: string
  rows: number
}

export type BrokenObject = BrokenTable | { type: 'view'; name: string; message: string }

/** Writes of one table that fail alike. */
export interface BrokenTable {
  type: 'table'
  table: string
  /** `INSERT`, `UPDATE`, `UPDATE of COLUMN`, `DELETE`. */
  writes: string[]
  /** Without it they would compile; absent where no trigger is the cause. */
  trigger?: string
  /** SQLite's. */
  message: string
}

/** A view, trigger or index that is gone and does not work when it is made again as it was. `message`: SQLite's. */
export interface NotMadeAgain {
  type: 'view' | 'trigger' | 'index'
  name: string
  message: string
}

/** Everything that the rules judge: a stretch of migrations that runs as one. Plain data. */
export interface Evidence {
  /** `files`: replayed on an empty database; `copy`: rehearsed on real rows. */
  mode: 'files' | 'copy'
  files: { name: string; sql: string }[]
  statements: StatementEvidence[]
  before: DetailedCatalog
  after: DetailedCatalog
  fates: TableFate[]
  failures: FailureEvidence[]
  /** Objects that compile no longer (with `copy`: that did before). */
  broken: BrokenObject[]
  /** Tried on the tables of now. */
  notMadeAgain?: NotMadeAgain[]
  sequences: LoweredSequence[]
  repeated: RepeatedRows[]
  search: SearchMismatch[]
  /** Set where the files end. */
  unfollowed?: UnfollowedWrites[]
  views?: ViewFate[]
  /** New foreign key violations. */
  violations: ViolationCount[]
  /** Violations that were there before. */
  oldViolations: ViolationCount[]
  /** Set where the files end: what keys, views and triggers point to is judged there, for a later file may create it. */
  end?: { before: DetailedCatalog; statements: StatementEvidence[] }
  /** What the files say is about to run: rehearsed, or replayed with a known ledger. */
  certain: boolean
  /** What D1's engine counted for each statement, by file; absent where none was sent by itself. */
  costs?: ReadonlyMap<string, readonly StatementRows[]>
  /** Names of the application's queries that searched an index before, by its name. */
  searchedBy?: ReadonlyMap<string, readonly string[]>
  /** Texts of the application's queries: those configured, or production's own. */
  queries?: readonly string[]
  /** The copy holds no rows of the database: it was made of the files. */
  withoutRows?: boolean
  /** Milliseconds of each file on the copy. */
  durations: Record<string, number>
  destination: Destination
}

/**
 * Where the files will run. Locally Wrangler edits the text of a file and D1's engine on this machine reads it, the remote way is
 * another: `remoteId` tells that the database has an id of Cloudflare's too. `unknown`: nobody said.
 */
export type Destination =
  | { place: 'local'; remoteId: boolean }
  /** `wrangler`: who would send the files, where it is known; `sendsLf`: with line feeds whatever the file has. */
  | { place: 'remote'; wrangler?: { version: string; sendsLf: boolean } }
  | { place: 'unknown' }
