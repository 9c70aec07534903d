import { z } from 'zod'
import { migrationRequestSchema } from './run.js'

/**
 * What a worker holds a run of one database to: all of a request that is configuration, and no fact of this one run.
 * No secrets, only names of variables.
 */
export const charteredEnvironmentSchema = migrationRequestSchema
  .pick({
    target: true,
    policy: true,
    people: true,
    channels: true,
    contacts: true,
    timeZone: true,
    freezes: true,
    monitoring: true,
    keepBackups: true,
    recentBackupMs: true,
    updateEveryMs: true,
    stagingEnvironment: true,
    dashboardUrl: true,
  })
  .strict()
export type CharteredEnvironment = z.infer<typeof charteredEnvironmentSchema>

/** What a worker serves, by its own configuration: `d1-runbook charter` prints one, `worker --charter` reads it. */
export const charterSchema = z.strictObject({
  version: z.literal(1),
  /** One entry a database; its key is the environment's name and the database's ID. */
  environments: z.array(charteredEnvironmentSchema),
  /** Environment variables that channels and probes may name besides those of `RUNBOOK_`. */
  variables: z.array(z.string()).default([]),
})
export type Charter = z.infer<typeof charterSchema>
