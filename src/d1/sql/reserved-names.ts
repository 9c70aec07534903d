/** Names that D1 keeps for itself and refuses to others. Source: workerd authorises no table that starts so. */
export function isReservedByD1(name: string): boolean {
  return /^_cf_/i.test(name)
}

/** Objects that D1 or SQLite keep for themselves: no part of a project's schema. */
export function isReserved(name: string): boolean {
  return isReservedByD1(name) || /^sqlite_/i.test(name)
}
