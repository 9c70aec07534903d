import { findingOf, type Rule } from './rule.js'
import { grouped } from '../../contract/number.js'

/** What D1 takes as one statement, and what remote D1 may count a whole file against. Bytes. */
const LIMIT = 100_000

export const d1l105: Rule = {
  code: 'D1L105',
  title: 'file over 100 KB, for remote D1',
  severity: 'warning',
  advice:
    'Put what only adds rows into a file of its own, or split the file: each part is then applied, and proven, by itself.',
  source: 'Wrangler sends a file to remote D1 as one text, locally statement by statement (run with both)',
  check: ({ destination, files }) =>
    destination.place === 'local'
      ? []
      : files.flatMap(({ name, sql }) => {
          const bytes = Buffer.byteLength(sql)
          if (bytes <= LIMIT) return []
          const message = `The file has ${grouped(bytes)} bytes, and Wrangler sends it to remote D1 as one text: D1 documents a limit of ${grouped(LIMIT)} for a statement, and no source says whether it counts the statements or the text.`
          return [findingOf(d1l105, 'warning', { file: name }, message)]
        }),
}
