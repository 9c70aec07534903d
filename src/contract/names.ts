/**
 * Names that client, worker, workflow and people share. Workflow code imports this file, so it is plain data:
 * no Node module, no zod.
 */

/** Whose name stands at what a run notes of itself. */
export const OWN_NAME = 'd1-runbook'

export const TASK_QUEUE = 'd1-runbook'

/** The name that a folder of archives bears, wherever it is mounted: workers that find the same one there share it. */
export const DISK_NAME = /^[0-9a-f]{12}$/

/** The queue of those workers of a task queue that have this disk. */
export function diskQueue(taskQueue: string, disk: string): string {
  return `${taskQueue}/disk/${disk}`
}

/** The disk whose queue that is; undefined for any other queue. */
export function diskOfQueue(queue: string): string | undefined {
  const disk = queue.split('/disk/').at(-1)
  return disk !== undefined && queue.endsWith(`/disk/${disk}`) && DISK_NAME.test(disk) ? disk : undefined
}

/** What `--env` means where nobody gives it. */
export const DEFAULT_ENVIRONMENT = 'local'

/** The ledger of applied migrations where the Wrangler file names none (`migrations_table`). */
export const DEFAULT_LEDGER = 'd1_migrations'

/** From here on Node's built-in SQLite has the functions and iterators that we use. */
export const MINIMUM_NODE = '22.13.0'

/** The human confirmations, in the order of the runbook. `rollback` opens only when something went wrong. */
export const GATES = [
  'team-lead',
  'environment',
  'connectivity',
  'preflight',
  'plan',
  'final',
  'team-confirmation',
  'rollback',
] as const
export type Gate = (typeof GATES)[number]

/** Where a run is, in the runbook's words. `closed` is the only terminal one. */
export const PHASES = [
  'prerequisites',
  'checklist',
  'announce',
  'backup',
  'status',
  'execute',
  'validate',
  'monitor',
  'rollback',
  'close',
  'closed',
] as const
export type Phase = (typeof PHASES)[number]

/**
 * How a run ended. `completed` means applied and healthy; `completed-unhealthy`: applied, and the monitoring ended breached
 * or unknown. `drifted`: production was not what had been approved, so the run stopped.
 */
export const OUTCOMES = [
  'completed',
  'completed-unhealthy',
  'failed',
  'declined',
  'aborted',
  'expired',
  'rolled-back',
  'drifted',
] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What one checkpoint of the monitoring says. Missing data is `unknown`, never `healthy`. */
export const CHECKPOINT_VERDICTS = ['healthy', 'degraded', 'breached', 'unknown'] as const

/**
 * What a reason of a checkpoint is about: the runbook's "Consider Rollback When" first, then what else can be found.
 * `not-recorded`: an earlier version kept only the sentence.
 */
export const CRITERIA = [
  'response-time',
  'error-rate',
  'critical-functionality',
  'database-connection',
  'database-performance',
  'schema',
  'backup',
  'check',
  'no-data',
  'not-recorded',
] as const
export type Criterion = (typeof CRITERIA)[number]

/** Kinds of probes whose latency is the database's; that of the others is the application's. */
export const DATABASE_PROBES: readonly string[] = ['connectivity', 'sql', 'cloudflare-analytics']

/** What people may do to a run beside deciding at its gates, by the words of the command line. */
export const STEERING = ['pause', 'resume', 'abort', 'supersede', 'report-issue'] as const
export type Steering = (typeof STEERING)[number]

export const WORKFLOW_TYPES = {
  migration: 'productionMigration',
  monitoring: 'postMigrationMonitoring',
  backup: 'scheduledBackup',
} as const

/** Tells runs apart in names of folders: the random end of a run ID; its head is the time, which runs of one minute share. */
export function shortRunId(runId: string): string {
  return runId.slice(-8)
}

/** One run at a time a database: Temporal refuses a second workflow of the same ID. */
export function migrationWorkflowId(environment: string, databaseId: string): string {
  return `migration/${environment}/${databaseId}`
}

export function monitoringWorkflowId(migrationId: string): string {
  return `${migrationId}/monitoring`
}

/** One schedule a database; its backups run under this ID with their time behind it. */
export function backupScheduleId(environment: string, databaseId: string): string {
  return `backup/${environment}/${databaseId}`
}

/** Search attributes, all of type Keyword. Registered before the first run, by `dev`, `demo` and docker-compose. */
export const SEARCH_ATTRIBUTES = [
  'RunbookEnvironment',
  'RunbookDatabase',
  'RunbookPhase',
  'RunbookPlanHash',
  'RunbookOutcome',
] as const
export type SearchAttributeName = (typeof SEARCH_ATTRIBUTES)[number]

/** Memo of a run: the database's name, which is for people; what is searched for is its ID. */
export const DATABASE_MEMO = 'database'

export function isGate(value: unknown): value is Gate {
  return GATES.includes(value as Gate)
}
