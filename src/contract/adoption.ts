/**
 * What a database whose ledger lacks files was seen to hold of them. Plain data: it travels between processes and in `--json`.
 */

/** One thing that the files leave and the database holds otherwise, by name. */
export interface Difference {
  kind: 'table' | 'column' | 'index' | 'trigger' | 'view' | 'rows' | 'statement'
  /**
   * `missing`: the files leave it and the database lacks it; `extra`: the database has it and the files do not leave it;
   * `different`: both have it, and it is not the same; `not-run`: a statement that would still change the database;
   * `unreadable`: whether it ran cannot be read from the database. Of rows: `missing`: neither key nor values; `same-key`: the key,
   * with other values, which may be the row as it was changed since, or another one; `other-key`: the values, under another number;
   * `alike`: SQLite numbered it, and another row with its values leaves open which it is.
   */
  state: 'missing' | 'extra' | 'different' | 'not-run' | 'unreadable' | 'same-key' | 'other-key' | 'alike'
  /** Of rows: what the file does to them. */
  act?: 'inserted' | 'changed'
  /** Of the object; of rows, their table; of a statement, `line 3`. */
  name: string
  table?: string
  /** Normalised SQL, or the declaration of a column: as the files leave it, and as the database has it. */
  wanted?: string
  found?: string
  /** How many rows; samples of them by key or value. */
  rows?: number
  samples?: string[]
  /** What the engine says. */
  message?: string
}

export interface NotProven {
  name: string
  why: string
  differences: Difference[]
  /** Of the first one, run on a copy of the database: where it fails. Absent: it would run, or was not tried. */
  fails?: string
}

export interface Adoption {
  /** Pending files that the database is proven to hold, in apply order: a prefix of the pending ones. */
  proven: string[]
  /** The pending files behind them, up to the last one that was asked for. */
  notProven: NotProven[]
  /** Objects of the database that no file makes: no proof needs them, and none is spoilt by them. */
  extra: Difference[]
  /** Rows that files insert and the database holds under their key, with other values by now, or under another number than SQLite gave them here. */
  edited: Difference[]
  /** The ledger that the proof was made with, in its order. */
  ledger: string[]
  /** Of the database that the proof was made with. */
  schemaFingerprint: string
}
