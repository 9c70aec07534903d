/** Workflow time as ISO 8601 UTC: the sandbox makes `Date` deterministic. */
export function now(): string {
  return new Date(Date.now()).toISOString()
}
