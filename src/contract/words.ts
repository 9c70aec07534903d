import { z } from 'zod'
import { isNextCommand, type NextCommand, type Words } from './next-command.js'

/** The schemas of `next-command.ts`, which workflow code imports and so must be free of zod. */
export const nextCommandSchema = z.custom<NextCommand>(isNextCommand, 'not a command')

export const wordsSchema: z.ZodType<Words> = z.union([
  z.string(),
  z.array(z.union([z.string(), nextCommandSchema])),
])
