/**
 * The number in front of a migration's name as Wrangler reads it, with a sign and leading space too; undefined without
 * one. Source: `parseInt(name.split('_')[0])` in Wrangler since 4.80.
 */
export function migrationNumber(name: string): number | undefined {
  const number = Number.parseInt(name.split('_', 1)[0] ?? '', 10)
  return Number.isNaN(number) ? undefined : number
}

/**
 * Wrangler's order since 4.80: by the number in front, equal numbers by name, a name without a number last; of nested names
 * folder by folder, the shorter path first. Older ones take ties and names without a number as the folder lists them; ours
 * go one by one, so this order holds with any.
 */
export function migrationOrder(a: string, b: string): number {
  const [ours, theirs] = [a.split('/'), b.split('/')]
  for (const [index, segment] of ours.entries()) {
    const other = theirs[index]
    if (other === undefined) break
    const order = segmentOrder(segment, other)
    if (order !== 0) return order
  }
  return ours.length - theirs.length
}

function segmentOrder(a: string, b: string): number {
  const [first, second] = [a, b].map((name) => migrationNumber(name) ?? Number.POSITIVE_INFINITY)
  if (first !== second) return (first ?? 0) < (second ?? 0) ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

/** Files that the ledger does not name, in apply order. Wrangler knows a file by its name only. */
export function pendingMigrations<T extends { name: string }>(
  files: readonly T[],
  applied: readonly string[],
): T[] {
  const known = new Set(applied)
  return files.filter(({ name }) => !known.has(name)).sort((a, b) => migrationOrder(a.name, b.name))
}
