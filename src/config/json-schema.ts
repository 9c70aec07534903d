import { z } from 'zod'
import { runbookConfigSchema } from './schema.js'

/** The JSON schema that editors check `runbook.config.json` with. */
export function runbookConfigJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(runbookConfigSchema, { io: 'input', target: 'draft-2020-12' })
  return { ...schema, title: 'd1-runbook configuration' }
}
