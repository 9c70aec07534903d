import type { DatabaseSync } from 'node:sqlite'
import { number } from './row-keys.js'

/**
 * How many JSON documents were written over: nothing of what `b` held, no value and no place in it, is in the document `s`. One that
 * loses a key, or gets another value under it, is changed; this one is another document. `from`: FROM clause of both.
 */
export function countOverwritten(database: DatabaseSync, from: string, b: string, s: string): number {
  const [old, now] = [documentIn(b), documentIn(s)]
  const held = `SELECT 1 FROM json_tree(${old}) o WHERE o.atom IS NOT NULL`
  const kept = `SELECT 1 FROM json_tree(${old}) o, json_tree(${now}) n WHERE o.atom IS NOT NULL AND (n.fullkey = o.fullkey OR n.atom = o.atom)`
  const condition = `${b} <> ${s} AND ${now} IS NOT NULL AND EXISTS (${held}) AND NOT EXISTS (${kept})`
  return number(database, `SELECT count(*) AS n FROM ${from} WHERE ${condition}`)
}

/**
 * How many JSON documents lose a member or an element: a value that stands nowhere in the new document, which has fewer of them, and its
 * place is gone or one in a list. `beside`: columns of the row into which a statement put something of the document, as SQL.
 */
export function countShed(
  database: DatabaseSync,
  from: string,
  b: string,
  s: string,
  beside: string[],
): number {
  const [old, now] = [documentIn(b), documentIn(s)]
  const atoms = (document: string): string =>
    `(SELECT count(*) FROM json_tree(${document}) a WHERE a.atom IS NOT NULL)`
  const elsewhere = beside.map((it) => ` OR instr(CAST(${it} AS TEXT), CAST(o.atom AS TEXT)) > 0`).join('')
  const held = `SELECT 1 FROM json_tree(${now}) n WHERE n.atom = o.atom OR n.key = o.atom${elsewhere}`
  const place = `SELECT 1 FROM json_tree(${now}) n WHERE n.fullkey = o.fullkey`
  const gone = `SELECT 1 FROM json_tree(${old}) o WHERE o.atom IS NOT NULL AND (o.fullkey LIKE '%[%' OR NOT EXISTS (${place})) AND NOT EXISTS (${held})`
  const condition = `${b} <> ${s} AND ${now} IS NOT NULL AND ${atoms(now)} < ${atoms(old)} AND EXISTS (${gone})`
  return number(database, `SELECT count(*) AS n FROM ${from} WHERE ${condition}`)
}

/** The text where it is a JSON object or list that holds something, else NULL. */
function documentIn(value: string): string {
  return `CASE WHEN typeof(${value}) = 'text' AND substr(ltrim(${value}), 1, 1) IN ('{', '[') AND ${value} NOT IN ('{}', '[]') AND json_valid(${value}) THEN ${value} END`
}
