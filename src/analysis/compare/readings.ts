import { quoteText } from '../../d1/sqlite/sqlite.js'
import { unquote, type Token } from '../../d1/sql/tokens.js'

/** An expression that may give an old value back, made of columns of one migrated row, and the columns that it reads. */
export interface Reading {
  sql: string
  columns: string[]
  /** Parts of the wanted value, given as SQL, and the column that each of them is: equal where all of them are. */
  parts?: (value: string) => [part: string, is: string][]
  /** It divides by what the statement multiplied with, or tells the same instant: of a value that it gives back, this is no chance. */
  undoes?: true
}

/** What the statements that wrote the new columns spell out: only with these is a way back tried, so that none is fitted to the rows. */
export interface Spelt {
  texts: string[]
  /** Those that something is calculated with. */
  numbers: string[]
  /** Those that something is multiplied with. */
  factors: string[]
  /** Those that stand by themselves, as SQL: what a copy calls its rows by. */
  constants: string[]
  words: Set<string>
}

export function speltIn(statements: Token[][]): Spelt {
  const tokens = statements.flat()
  const texts = tokens
    .filter(({ kind, text }) => kind === 'string' && text.startsWith("'"))
    .map(({ text }) => unquote(text))
    .filter((text) => text.length > 0 && text.length <= 60)
  const characters = tokens
    .filter(({ text }, at) => /^char$/i.test(text) && tokens[at + 3]?.text === ')')
    .map((token) => Number(tokens[tokens.indexOf(token) + 2]?.text))
    .filter((code) => code > 0 && code < 128)
    .map((code) => String.fromCharCode(code))
  const calculates = (at: number): boolean => /^[*/%+-]$/.test(tokens[at]?.text ?? '')
  const numbers = tokens
    .filter(
      ({ kind, text }, at) =>
        kind === 'number' && Number(text) > 0 && (calculates(at - 1) || calculates(at + 1)),
    )
    .map(({ text }) => text.replaceAll('_', ''))
  const factors = tokens
    .filter(({ kind }, at) => kind === 'number' && [at - 1, at + 1].some((by) => tokens[by]?.text === '*'))
    .map(({ text }) => text.replaceAll('_', ''))
  const constants = tokens
    .filter(({ kind }, at) => kind === 'number' && !calculates(at - 1) && !calculates(at + 1))
    .map(({ text }) => text)
  // IS NOT NULL, NOT IN and their like choose rows, they do not make a value.
  const chooses = (at: number): boolean =>
    /^is$/i.test(tokens[at - 1]?.text ?? '') ||
    /^(?:null|in|like|glob|between|exists|match|regexp)$/i.test(tokens[at + 1]?.text ?? '')
  const words = tokens
    .filter(({ kind, text }, at) => kind === 'word' && !(/^not$/i.test(text) && chooses(at)))
    .map(({ text }) => text.toLowerCase())
  return {
    texts: [...new Set([...texts, ...characters])].slice(0, 12),
    numbers: [...new Set(numbers)].slice(0, 6),
    factors: [...new Set(factors)],
    constants: [...new Set(constants)].slice(0, 6),
    words: new Set(words),
  }
}

/**
 * The ways back from new columns (`of` writes one as SQL) to the value that they were made of: the value itself, a piece of it, pieces
 * put together, the same in another unit or form. A way back knows nothing but the migrated row and fixed rules. Whether it is one, the
 * rows decide.
 */
export function readings(columns: string[], of: (column: string) => string, spelt: Spelt): Reading[] {
  const single = columns.flatMap((column) =>
    oneColumn(of(column), spelt).map((sql): Reading => ({
      ...{ sql, columns: [column] },
      ...(spelt.factors.some((n) => sql === quotient(of(column), n)) ? { undoes: true } : {}),
    })),
  )
  const moments = columns.flatMap((column) => instants(of(column), spelt, column))
  const elements = columns.flatMap((column) => elementsOf(of(column), spelt, column))
  const few = columns.slice(0, 4)
  const several =
    few.length < 2 ? [] : [...together(few, of, spelt), ...piecewise(few.slice(0, 3), of, spelt)]
  return [...single, ...moments, ...elements, ...several]
}

function oneColumn(c: string, spelt: Spelt): string[] {
  return [
    c,
    ...numbers(c, spelt),
    ...times(c, spelt),
    ...dates(c, spelt),
    ...documents(c, spelt),
    ...pieces(c, spelt.texts),
    ...(spelt.words.has('hex') || spelt.words.has('unhex') ? [`unhex(${c})`, `hex(${c})`] : []),
    ...(spelt.words.has('not') ? [`NOT ${c}`] : []),
  ]
}

function numbers(c: string, spelt: Spelt): string[] {
  return spelt.numbers.flatMap((n) => {
    // One time a value is the value.
    const times = Number(n) === 1 ? [] : [quotient(c, n), ofNumber(c, `${c} * ${n}`)]
    return [...times, ofNumber(c, `${c} - ${n}`), ofNumber(c, `${c} + ${n}`), ofNumber(c, `${n} - ${c}`)]
  })
}

function quotient(c: string, n: string): string {
  return ofNumber(c, `${c} / ${/[.e]/i.test(n) ? n : `${n}.0`}`)
}

/** A word counts as 0 where it is calculated with. */
function ofNumber(c: string, calculation: string): string {
  return `iif(${c} GLOB '[-0-9]*', ${calculation}, NULL)`
}

const TIMED = ['unixepoch', 'strftime', 'datetime', 'date', 'julianday']

/** Points in time as texts, seconds and milliseconds. Source: https://sqlite.org/lang_datefunc.html */
function times(c: string, { words }: Spelt): string[] {
  if (!TIMED.some((word) => words.has(word))) return []
  const seconds = [c, `${c} / 1000.0`]
  return [
    ...seconds.flatMap((at) => [
      `date(${at}, 'unixepoch')`,
      `datetime(${at}, 'unixepoch')`,
      `strftime('%Y-%m-%dT%H:%M:%SZ', ${at}, 'unixepoch')`,
      `strftime('%Y-%m-%dT%H:%M:%fZ', ${at}, 'unixepoch')`,
    ]),
    `unixepoch(${c})`,
    `unixepoch(${c}) * 1000`,
    `CAST(round(unixepoch(${c}, 'subsec') * 1000) AS INTEGER)`,
    `date(${c})`,
    `datetime(${c})`,
    `strftime('%Y-%m-%dT%H:%M:%SZ', ${c})`,
    `julianday(${c})`,
  ]
}

/** The same instant, whether or not its milliseconds are written where they are none: `10:00:05Z` and `10:00:05.000Z`. */
function instants(c: string, { words }: Spelt, name: string): Reading[] {
  const timed = TIMED.some((word) => words.has(word))
  const cut = ['substr', 'substring', 'replace'].some((word) => words.has(word))
  const numbers = [`${c}, 'unixepoch'`, `${c} / 1000.0, 'unixepoch'`]
  const iso = (value: string): string =>
    `CASE WHEN ${value} GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]*Z' THEN strftime('%Y-%m-%dT%H:%M:%fZ', ${value}) END`
  const texts = timed || cut ? [iso(c)] : []
  return [...(timed ? numbers.map((time) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${time})`) : []), ...texts].map(
    (sql) => ({ sql, columns: [name], parts: (value) => [[iso(value), sql]], undoes: true }),
  )
}

/** A day as people write it, of which `substr` made one that can be sorted. */
function dates(c: string, { words }: Spelt): string[] {
  if (!words.has('substr') && !words.has('substring')) return []
  return ['%d.%m.%Y', '%d/%m/%Y', '%m/%d/%Y', '%Y%m%d'].map((form) => `strftime('${form}', ${c})`)
}

/** A value under one of the keys that the statements spell. */
function documents(c: string, spelt: Spelt): string[] {
  if (![...spelt.words].some((word) => word.startsWith('json'))) return []
  const paths = spelt.texts.map((text) => (text.startsWith('$') ? text : `$.${JSON.stringify(text)}`))
  return ['$[0]', '$[1]', '$[2]', '$[3]', ...paths].map((path) => inDocument(c, path))
}

function inDocument(c: string, path: string): string {
  return `CASE WHEN typeof(${c}) = 'text' AND json_valid(${c}) THEN json_extract(${c}, ${quoteText(path)}) END`
}

/** The parts between one separator, and between two. */
function pieces(c: string, separators: string[]): string[] {
  const parts = (value: string, separator: string): string[] => {
    const text = quoteText(separator)
    const list = listOf(value, separator)
    return [
      ...['[0]', '[1]', '[2]', '[3]', '[#-1]'].map((at) => `json_extract(${list}, '$${at}')`),
      `CASE WHEN instr(${value}, ${text}) > 0 THEN substr(${value}, instr(${value}, ${text}) + ${separator.length}) END`,
      `CASE WHEN instr(${value}, ${text}) > 0 THEN substr(${value}, 1, length(${value}) - ${separator.length} - length(json_extract(${list}, '$[#-1]'))) END`,
    ]
  }
  const few = separators.slice(0, 4)
  return few.flatMap((separator) => {
    const once = parts(c, separator)
    const twice = few
      .filter((other) => other !== separator)
      .flatMap((other) => once.flatMap((part) => parts(part, other)))
    return [...once, ...twice]
  })
}

/** Elements between one separator, as texts of whatever the value was; of a path that a recursion put together (`1/2/7`, `/1/2/7/`) the one above the last too. */
function elementsOf(c: string, { words, texts }: Spelt, name: string): Reading[] {
  const positions = ['[0]', '[1]', '[#-1]', ...(words.has('recursive') ? ['[#-2]', '[#-3]'] : [])]
  return texts
    .filter((text) => /^[^\p{L}\p{N}]{1,3}$/u.test(text))
    .slice(0, 4)
    .flatMap((separator) =>
      positions.map((at): Reading => {
        const sql = `json_extract(${listOf(c, separator)}, '$${at}')`
        return { sql, columns: [name], parts: (value) => [[`CAST(${value} AS TEXT)`, sql]] }
      }),
    )
}

/** The parts of a text between a separator, as a JSON list. */
function listOf(value: string, separator: string): string {
  return `CASE WHEN typeof(${value}) = 'text' THEN '[' || replace(json_quote(${value}), ${quoteText(JSON.stringify(separator).slice(1, -1))}, '","') || ']' END`
}

/** Two or three parts between one separator, each compared by itself: a number that a column of numbers holds is written otherwise there. */
function* piecewise(columns: string[], of: (column: string) => string, spelt: Spelt): Generator<Reading> {
  if (!spelt.words.has('substr') && ![...spelt.words].some((word) => word.startsWith('json'))) return
  for (const separator of spelt.texts.filter((text) => /^[^\p{L}\p{N}]{1,3}$/u.test(text)).slice(0, 2))
    for (const order of orders(columns, 3)) {
      const sql = order.map(of).join(` || ${quoteText(separator)} || `)
      const parts = (value: string): [string, string][] => {
        const list = listOf(value, separator)
        return order.map((column, at) => [
          `CASE json_array_length(${list}) WHEN ${order.length} THEN json_extract(${list}, '$[${at}]') END`,
          of(column),
        ])
      }
      yield { sql, columns: order, parts }
    }
}

function* together(columns: string[], of: (column: string) => string, spelt: Spelt): Generator<Reading> {
  yield { sql: `coalesce(${columns.map(of).join(', ')})`, columns }
  // A moment that was split into its day and its time.
  const moment = spelt.words.has('date') && spelt.words.has('time') ? [' ', 'T'] : []
  const between = ['', ...moment, ...spelt.texts.slice(0, 3)]
  for (const order of orders(columns, 4)) {
    for (const separator of between) {
      const text = quoteText(separator)
      yield { sql: order.map(of).join(` || ${text} || `), columns: order }
      const filled = order.map((column) => `nullif(${of(column)}, '')`).join(', ')
      yield { sql: `concat_ws(${text}, ${filled})`, columns: order }
    }
    const [a = '', b = '', c] = order
    if (order.length === 2)
      for (const n of spelt.numbers) yield { sql: `${of(a)} * ${n} + ${of(b)}`, columns: order }
    if (order.length !== 3 || c === undefined) continue
    for (const first of between)
      for (const second of between)
        if (first !== second)
          yield {
            sql: `${of(a)} || ${quoteText(first)} || ${of(b)} || ${quoteText(second)} || ${of(c)}`,
            columns: order,
          }
  }
}

/** Two and more of the columns in every order. */
function* orders(columns: string[], most: number, chosen: string[] = []): Generator<string[]> {
  if (chosen.length > 1) yield chosen
  if (chosen.length === most) return
  for (const column of columns)
    if (!chosen.includes(column)) yield* orders(columns, most, [...chosen, column])
}
