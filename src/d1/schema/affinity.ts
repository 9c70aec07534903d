/** How SQLite stores what a column is given. */
export type Affinity = 'text' | 'numeric' | 'integer' | 'real' | 'blob'

/** Affinity of a declared type, in any case. Source: https://sqlite.org/datatype3.html#determination_of_column_affinity */
export function affinityOf(type: string): Affinity {
  const declared = type.toUpperCase()
  if (declared.includes('INT')) return 'integer'
  if (/CHAR|CLOB|TEXT/.test(declared)) return 'text'
  if (declared === '' || declared.includes('BLOB')) return 'blob'
  return /REAL|FLOA|DOUB/.test(declared) ? 'real' : 'numeric'
}

/** Whether a text put into such a column stays the text that it was. ANY of a STRICT table keeps everything. */
export function keepsText(type: string): boolean {
  const affinity = affinityOf(type)
  return affinity === 'text' || affinity === 'blob' || type.toUpperCase() === 'ANY'
}
