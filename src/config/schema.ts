import { z } from 'zod'
import { LIMITS } from '../contract/limits.js'
import { exportHoursOf } from '../contract/export-hours.js'
import { channelSchema, contactSchema, type Channel } from '../contract/announcement.js'
import { probeSchema, thresholdsSchema, timeScaleSchema, type Probe } from '../contract/monitoring.js'
import { ATTESTATION_NAMES } from '../contract/attestations.js'
import { GATES } from '../contract/names.js'
import { workersPlanSchema } from '../contract/price.js'
import { recipientsSchema } from '../contract/recipient.js'
import { storageSchema, variablesOfStorage, type Storage } from '../contract/storage.js'
import { personSchema, rollbackStrategySchema } from '../contract/policy.js'
import { PASSKEY } from '../contract/passkey-line.js'
import { readPasskey } from '../runbook/people/passkey.js'
import { readPublicKey } from '../runbook/people/ssh-key.js'
import { isTimeZone } from '../contract/time-zone.js'
import { variablesOf, whyForbidden } from '../contract/variables.js'
import { parseDuration } from '../text/duration.js'
import { samePerson } from '../runbook/people/people.js'
import { consoleConfigSchema } from './console-schema.js'
import { oneLineIssues } from './one-line-texts.js'

const DURATION_EXAMPLE = 'a duration such as "90s", "15m", "24h" or "7d"'

/** `"15m"`, `"1h 30m"`, or milliseconds as a number. Comes out as milliseconds. */
export const durationSchema = z
  .union([
    z.number().int().nonnegative(),
    z
      .string()
      .regex(/^\s*(?:\d+(?:\.\d+)?\s*[a-zA-Z]+\s*)+$/, DURATION_EXAMPLE)
      .refine((text) => parseDuration(text) !== undefined, DURATION_EXAMPLE),
  ])
  .transform((value) => (typeof value === 'number' ? value : (parseDuration(value) ?? 0)))
  .meta({ description: 'A duration: "90s", "15m", "24h", "7d", or a number of milliseconds' })

const EXPORT_HOURS_EXAMPLE = 'hours of a day such as "02:00-05:00" or "22:00-04:00"'

const timeZoneSchema = z
  .string()
  .refine(isTimeZone, 'an IANA time zone such as "America/New_York"')
  .meta({ description: 'IANA time zone of the times in messages' })

const gateConfigSchema = z
  .strictObject({
    roles: z.array(z.string()).optional(),
    approvals: z.number().int().min(1).optional(),
    requesterMayApprove: z.boolean().optional(),
    differentFrom: z.array(z.enum(GATES)).optional(),
    deadline: durationSchema.optional(),
    reminders: z.array(durationSchema).optional(),
    escalateTo: z.array(z.string()).optional(),
    escalation: z
      .array(
        z.strictObject({
          after: durationSchema,
          to: z.array(z.string().min(1)).min(1),
          channels: z.array(z.string().min(1)).min(1).optional(),
        }),
      )
      .max(20)
      .optional()
      .meta({
        description:
          'Who is reached so long after the gate opened, and by which channels, until it is decided; "0m": as soon as it opens',
      }),
    automatic: z.boolean().optional(),
    requirePresence: z.boolean().optional().meta({
      description:
        'Count decisions only when they are signed with a hardware key or a passkey (needs requireSignatures)',
    }),
  })
  .meta({ description: 'Who may decide this gate, and until when. What is left out keeps its default.' })

const policyConfigSchema = z.strictObject({
  gates: z.partialRecord(z.enum(GATES), gateConfigSchema).default({}),
  automaticRollback: z.boolean().optional(),
  automaticRollbackStrategy: rollbackStrategySchema.optional(),
  requireSignatures: z.boolean().optional(),
  /** Lines of the checklist that a person must answer for at the start, or skip with a reason. */
  attestations: z.array(z.enum(ATTESTATION_NAMES)).optional(),
})

const monitoringConfigSchema = z.strictObject({
  /** Times after the migration, ascending; default: 5 min to 30 min, 15 min to 2 h, hourly to 24 h. */
  schedule: z.array(durationSchema).min(1).optional(),
  thresholds: thresholdsSchema.partial().optional(),
  probes: z.array(probeSchema).optional(),
  baselineSamples: z.number().int().min(1).optional(),
  baselinePause: durationSchema.optional(),
  timeScale: timeScaleSchema.optional(),
})

const querySchema = z.strictObject({
  name: z.string().min(1),
  sql: z.string().min(1),
})

const backupConfigSchema = z.strictObject({
  /** Relative to the project folder. */
  dir: z.string().min(1).optional(),
  /** Valid archives to keep of this environment. */
  keep: z.number().int().min(1).optional(),
  /** How old the checklist's "recent backup" may be. */
  maxAge: durationSchema.optional(),
  /**
   * Rows that comparing a remote backup with the live database may read, which D1 bills. Past it, row counts are compared,
   * then the schema alone. Default: a fifth of a free account's day, none where `workersPlan` is `paid`.
   */
  maxRowsRead: z.number().int().nonnegative().optional(),
  /** `export`: D1's own, one moment, the database is unavailable meanwhile. `rows`: page by page, nothing waits. `auto`: see docs. */
  way: z.enum(['auto', 'export', 'rows']).optional(),
  /** Public keys of age, `age1…`, that archives are sealed to as soon as no run needs them. Default: none, archives stay readable. */
  recipients: recipientsSchema.optional(),
  /** How long a run waits for a worker that has its archive, where workers share no `storage`. Default: 10 minutes. */
  waitForWorker: durationSchema.optional(),
  /** When a day D1's own export may begin, in the time zone of the environment: `02:00-05:00`. Default: at any time. */
  exportHours: z
    .string()
    .regex(/^\d\d:\d\d-\d\d:\d\d$/, EXPORT_HOURS_EXAMPLE)
    .refine((text) => exportHoursOf(text, 'UTC') !== undefined, EXPORT_HOURS_EXAMPLE)
    .optional(),
})

const windowConfigSchema = z.strictObject({
  /** ISO 8601 with an offset or Z. */
  opensAt: z.iso.datetime({ offset: true }),
  closesAt: z.iso.datetime({ offset: true }),
})

const FREEZE_TIME =
  'a day such as "2026-12-20", or a time such as "2026-12-20T18:00", in the time zone unless it has an offset'
const freezeTimeSchema = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/, FREEZE_TIME)
  .meta({ description: FREEZE_TIME })
/** `to`: a day is frozen to its end. */
const freezesConfigSchema = z
  .array(
    z.strictObject({
      from: freezeTimeSchema,
      to: freezeTimeSchema,
      reason: z.string().trim().min(1).max(LIMITS.name),
    }),
  )
  .max(LIMITS.freezes / 2)
  .default([])

const onCallSchema = z
  .array(z.string().min(1))
  .max(20)
  .meta({ description: 'Names of `people`, in the order in which they are reached at the gate rollback' })

export const environmentConfigSchema = z.strictObject({
  /** `[env.NAME]` of the Wrangler file; null: its top level. Default: the one of the same name, else the top level. */
  wranglerEnv: z.string().nullable().optional(),
  /** Binding, `database_name` or `database_id`, where there are several. */
  database: z.string().optional(),
  /** Default: true, except for the environment `local`. */
  remote: z.boolean().optional(),
  /** Default: true for the environment `production`. */
  production: z.boolean().optional(),
  accountId: z.string().optional(),
  /** The same bytes must have been migrated there before. */
  stagingEnvironment: z.string().optional(),
  /** Local state folder of Wrangler (`--persist-to`), relative to the project folder. */
  persistTo: z.string().optional(),
  dashboardUrl: z.url().optional(),
  /** Answered by the application; a critical probe of every checkpoint. */
  healthUrl: z.url().optional(),
  timeZone: timeZoneSchema.optional(),
  /** Of the account; the free one's daily limits are reckoned with unless it is `paid`. */
  workersPlan: workersPlanSchema.optional(),
  window: windowConfigSchema.optional(),
  /** Besides the project's. */
  freezes: freezesConfigSchema,
  updateEvery: durationSchema.optional(),
  /** In the place of the project's. */
  onCall: onCallSchema.optional(),
  policy: policyConfigSchema.default({ gates: {} }),
  monitoring: monitoringConfigSchema.default({}),
  backup: backupConfigSchema.default({}),
  /** Replaces the project's. */
  storage: storageSchema.optional(),
  channels: z.array(channelSchema).optional(),
  contacts: z.array(contactSchema).optional(),
  queries: z.array(querySchema).optional(),
})
export type EnvironmentConfig = z.infer<typeof environmentConfigSchema>

/**
 * What looks like the line of a key, and was cut off or is of another one, would be found at the first decision; so would a passkey without a key
 * that could sign, or with a page that its domain is not of.
 */
const personConfigSchema = personSchema.extend({
  publicKeys: z
    .array(
      personSchema.shape.publicKeys
        .unwrap()
        .element.refine(
          (line) => !PASSKEY.test(line) || readPasskey(line) !== undefined,
          'the whole line of a passkey, as it was made: its key a point that can sign, and its pages of its domain',
        )
        .refine(
          (line) => PASSKEY.test(line) || readPublicKey(line) !== undefined,
          'the whole line of the .pub file: this key was cut off, or is of another type than it says',
        ),
    )
    .default([]),
})

const NO_CREDENTIALS =
  'variables that are no credential, such as CLOUDFLARE_*, CF_API_*, TEMPORAL_* or D1_RUNBOOK_CODEC_*'
const NAMEABLE =
  'variables that begin with RUNBOOK_, or stand in `variables` of this file; never a credential'

const runbookConfigShape = z.strictObject({
  $schema: z.string().optional(),
  /** Wrangler file, relative to this file; default: the one beside it. */
  wranglerConfig: z.string().optional(),
  /** Binding or `database_name`, where the Wrangler file has several databases. */
  database: z.string().optional(),
  taskQueue: z.string().min(1).optional(),
  /** Environment variables that channels and probes may name besides `RUNBOOK_*`, and that `testCommand` gets besides the ordinary ones. */
  variables: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/, 'the name of a variable'))
    .default([])
    .meta({
      description:
        'Environment variables that channels and headers may name besides RUNBOOK_*; never CLOUDFLARE_*',
    }),
  timeZone: timeZoneSchema.default('UTC'),
  /** Times in which nothing is applied, in any environment. */
  freezes: freezesConfigSchema,
  people: z.array(personConfigSchema).default([]),
  /** Names of people, in the order in which they are reached where the gate `rollback` waits: the first at once, each other ten minutes later. */
  onCall: onCallSchema.default([]),
  console: consoleConfigSchema.default({}),
  contacts: z.array(contactSchema).default([]),
  channels: z.array(channelSchema).default([{ kind: 'terminal', name: 'terminal' }]),
  /** Where workers without a common disk keep what they share. Default: beside the project, on one machine. */
  storage: storageSchema.optional(),
  /** The project's own tests, run by `start` where the checkout is. An argument list, or words parted by spaces. */
  testCommand: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
  /** Succeeds when the pull request is reviewed and approved, such as a question to `gh`. Written as `testCommand`. */
  reviewCommand: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
  /** What the application asks the database; run on the migrated copy. */
  queries: z.array(querySchema).default([]),
  environments: z.record(z.string().min(1), environmentConfigSchema).default({}),
})

/** `runbook.config.{ts,mjs,js,json,yaml}`. Everything in it is optional. Never holds a secret, only names of variables. */
export const runbookConfigSchema = runbookConfigShape.superRefine((config, context) => {
  const refuse = (path: PropertyKey[], message: string, input: unknown): void => {
    context.addIssue({ code: 'custom', path, message, input })
  }
  for (const issue of oneLineIssues(config)) context.addIssue({ ...issue })
  for (const [index, name] of config.variables.entries())
    if (whyForbidden(name, config.variables) !== undefined) refuse(['variables', index], NO_CREDENTIALS, name)
  for (const [claim, name] of Object.entries(config.console.signIn?.people ?? {}))
    if (!config.people.some((person) => samePerson(person.name, name)))
      refuse(['console', 'signIn', 'people', claim], 'a name that stands in `people`', name)
  for (const [index, { name, slack }] of config.people.entries())
    if (
      slack !== undefined &&
      config.people.some((one) => one.slack === slack && !samePerson(one.name, name))
    )
      refuse(['people', index, 'slack'], 'the Slack user of one person alone', slack)
  const places: [PropertyKey[], { channels: Channel[]; probes: Probe[]; storage?: Storage | undefined }][] = [
    [[], { channels: config.channels, probes: [], storage: config.storage }],
    ...Object.entries(config.environments).map(
      ([name, { channels = [], monitoring, storage }]): (typeof places)[number] => [
        ['environments', name],
        { channels, probes: monitoring.probes ?? [], storage },
      ],
    ),
  ]
  for (const [path, { channels, probes, storage }] of places) {
    for (const name of variablesOfStorage(storage))
      if (whyForbidden(name, config.variables) !== undefined) refuse([...path, 'storage'], NAMEABLE, name)
    for (const [index, channel] of channels.entries())
      for (const name of forbiddenOf({ channels: [channel] }, config.variables))
        refuse([...path, 'channels', index], NAMEABLE, name)
    for (const [index, probe] of probes.entries())
      for (const name of forbiddenOf({ channels: [], probes: [probe] }, config.variables))
        refuse([...path, 'monitoring', 'probes', index], NAMEABLE, name)
  }
})
export type RunbookConfig = z.infer<typeof runbookConfigSchema>
/** As a person writes it: durations as text, defaults left out. */
export type RunbookConfigInput = z.input<typeof runbookConfigSchema>

function forbiddenOf(named: Parameters<typeof variablesOf>[0], variables: string[]): string[] {
  return variablesOf(named).filter((name) => whyForbidden(name, variables) !== undefined)
}
