import { keepWranglers } from '../d1/wrangler/wrangler.js'
import type { Service } from '../runbook/charter/service.js'

/** A worker runs the Wranglers of what it serves as they are at its start. Returns what ends that. */
export function keepServedWranglers(service: Service): Promise<() => void> {
  return keepWranglers([...service.values()].map(({ environment }) => environment.target.projectDir))
}
