/** A database of random tables: narrow and wide, rings and trees, blobs and long texts, generated columns, odd names. */
export function randomDatabase(random: (below: number) => number): string[] {
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
  const names = Array.from({ length: 2 + random(4) }, (_, at) =>
    pick([`t${at}`, `"order ${at}"`, `[T ${at}]`]),
  )
  const keys = names.map(() =>
    pick(['id INTEGER PRIMARY KEY', 'id TEXT PRIMARY KEY', 'id INTEGER PRIMARY KEY AUTOINCREMENT']),
  )
  const shapes = names.map((name, at) => {
    const width = pick([0, 1, 3, 8, 40])
    const columns = Array.from(
      { length: width },
      (_, column) => `c${column} ${pick(['TEXT', 'INTEGER', 'REAL', 'BLOB', ''])}`,
    )
    const generated =
      random(4) === 0 ? [`twice GENERATED ALWAYS AS (id || id) ${pick(['VIRTUAL', 'STORED'])}`] : []
    // To any table, later ones and itself too: rings and trees.
    const parent = random(3) === 0 ? undefined : random(names.length)
    const up =
      parent === undefined
        ? []
        : [
            `up REFERENCES ${names[parent] ?? ''} (id) ON DELETE ${pick(['CASCADE', 'RESTRICT', 'NO ACTION'])}`,
          ]
    const without = (keys[at] ?? '').includes('AUTOINCREMENT') || random(4) > 0 ? '' : ' WITHOUT ROWID'
    return {
      name,
      width,
      parent,
      sql: `CREATE TABLE ${name} (${[keys[at], ...columns, ...generated, ...up].join(', ')})${without}`,
    }
  })
  const counts = shapes.map(() => pick([0, 1, 7, 300, 3000]))
  const idOf = (at: number, row: string): string =>
    (keys[at] ?? '').includes('TEXT') ? `'k' || (${row})` : row
  const fills = shapes.flatMap(({ name, width, parent }, at) => {
    const count = counts[at] ?? 0
    if (count === 0) return []
    const values = Array.from({ length: width }, () => pick(VALUES))
    const parents = parent === undefined ? 0 : (counts[parent] ?? 0)
    const up =
      parent === undefined
        ? []
        : [
            parents === 0
              ? 'NULL'
              : idOf(parent, pick([`1 + (i * 7) % ${parents}`, `${parents} - i % ${parents}`])),
          ]
    const columns = [
      'id',
      ...values.map((_, column) => `c${column}`),
      ...(parent === undefined ? [] : ['up']),
    ]
    return [
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO ${name} (${columns.join(', ')}) SELECT ${[idOf(at, 'i'), ...values, ...up].join(', ')} FROM n`,
    ]
  })
  return [
    ...shapes.map(({ sql }) => sql),
    ...fills,
    ...(random(3) === 0 ? [`CREATE INDEX later ON ${names[0] ?? ''} (id)`] : []),
  ]
}

const VALUES = [
  'NULL',
  'i',
  '-i * 1000000007',
  '9007199254740993 + i',
  'i / 3.0',
  'i * 1e300',
  "'it''s; ' || i",
  "'ü🎨' || char(10) || '\\n'",
  "'a' || char(0) || 'b'",
  "X'00FF27'",
  'zeroblob(i % 50)',
  "CASE WHEN i = 5 THEN replace(hex(zeroblob(60000)), '00', 'é''') ELSE 'x' END",
  'CASE WHEN i = 3 THEN zeroblob(70000) END',
]
