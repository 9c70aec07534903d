import type { RunbookConfigInput } from './schema.js'

/** Gives `runbook.config.ts` its types: `export default defineRunbook({ … })`. */
export function defineRunbook(config: RunbookConfigInput): RunbookConfigInput {
  return config
}
