import { z } from 'zod'
import { defined } from '../../contract/defined.js'
import { LIMITS } from '../../contract/limits.js'
import type { ToolCall } from './tool.js'

/** Which database a call is about. */
export const placeShape = {
  environment: z
    .string()
    .min(1)
    .max(LIMITS.name)
    .optional()
    .describe('environment of the project, such as production; default: that of the server'),
  database: z
    .string()
    .min(1)
    .max(LIMITS.name)
    .optional()
    .describe('which database, where the Wrangler file has several'),
}

export const runShape = {
  ...placeShape,
  run: z.string().min(1).max(LIMITS.name).optional().describe('workflow ID or run ID'),
}

interface PlaceInput {
  environment?: string | undefined
  database?: string | undefined
}

/** As the options of a command say it. Another environment has not the database that the server was started for. */
export function placeOf(
  { environment, database }: PlaceInput,
  { place }: Pick<ToolCall, 'place'>,
): { project: string; env: string; database?: string } {
  const env = environment ?? place.environment
  const own = env === place.environment ? place.database : undefined
  return { project: place.projectDir, env, ...defined({ database: database ?? own }) }
}
