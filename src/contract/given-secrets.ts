/**
 * Values of variables that this process has read for channels, probes, storage and keys: secrets, whatever they look like. Whoever reads one
 * notes it, so that nothing need be configured for it to stay out of what is kept and said (`process/redact.ts`).
 */
const given = new Set<string>()

/** Shorter ones would take words apart that are nobody's secret. */
const SHORTEST = 6

export function noteSecret(value: string): void {
  if (value.length >= SHORTEST) given.add(value)
}

export function givenSecrets(): ReadonlySet<string> {
  return given
}
