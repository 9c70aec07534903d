import { z } from 'zod'
import { listRuns } from '../../client/list.js'
import { withRun } from '../../client/run-id.js'
import { readRun } from '../../client/runs.js'
import { withSession } from '../../client/session.js'
import { didYouMean } from '../../config/closest.js'
import { openContext } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { findingSchema, severitySchema } from '../../contract/finding.js'
import { command, words } from '../../contract/next-command.js'
import { checkSchema, runViewSchema } from '../../contract/run.js'
import { statusSchema } from '../../contract/status.js'
import { findingPlace, isAt, validated } from './findings.js'
import { waitsFor, waitsForSchema } from './for-people.js'
import { placeOf, placeShape, runShape } from './place.js'
import { tool } from './tool.js'

const FILES_ONLY = { readOnly: true, openWorld: false, idempotent: true }
const ASKS = { readOnly: true, openWorld: true, idempotent: true }

const runRowSchema = z.object({
  ...{ workflowId: z.string(), runId: z.string(), status: z.string(), startedAt: z.string() },
  ...{ environment: z.string().nullable(), database: z.string().nullable() },
  ...{ databaseName: z.string().nullable(), phase: z.string().nullable(), outcome: z.string().nullable() },
  ...{ planHash: z.string().nullable(), closedAt: z.string().nullable() },
})

/** Tools after which every file, database and run is as it was. */
export const READ_TOOLS = [
  tool({
    name: 'validate',
    title: 'Validate the migration files',
    description:
      'Replays all migration files on an empty database and judges them: what does not run, what D1 refuses, what may lose rows. Opens no database of the project. A finding may carry `fix`: SQL, and the lines in whose place it belongs.',
    behaviour: FILES_ONLY,
    heavy: true,
    input: z.strictObject(placeShape),
    output: z.object({
      success: z.boolean().describe('false: an error blocks'),
      files: z.number().int(),
      findings: z.array(findingSchema),
    }),
    work: async (input, call) => {
      const { success, findings, files } = await validated(input, call)
      return { success, files: files.length, findings }
    },
  }),
  tool({
    name: 'explain_finding',
    title: 'Explain a finding',
    description:
      'What a code of a finding means: its rule, what to do about it, and where the rule comes from; with `migration`, also the findings of that code in the file.',
    behaviour: FILES_ONLY,
    heavy: true,
    input: z.strictObject({
      ...placeShape,
      code: findingPlace.code,
      migration: findingPlace.migration.optional(),
    }),
    output: z.object({
      rule: z.object({
        ...{ code: z.string(), title: z.string(), severity: severitySchema },
        ...{ advice: z.string(), source: z.string() },
      }),
      findings: z.array(findingSchema).optional(),
    }),
    work: async ({ code, migration, ...place }, call) => {
      const { RULES } = await import('../../analysis/rules/index.js')
      const rule = RULES.find((one) => one.code === code.toUpperCase())
      if (rule === undefined) throw unknownCode(code, RULES)
      const { title, severity, advice, source } = rule
      const said = { rule: { code: rule.code, title, severity, advice, source } }
      if (migration === undefined) return said
      const { findings } = await validated(place, call)
      return { ...said, findings: findings.filter((one) => isAt(one, { code: rule.code, migration })) }
    },
  }),
  tool({
    name: 'status',
    title: 'Status of the database',
    description:
      'Reads the ledger of the database and holds it against the files: applied, pending, conflicts, and the fingerprint of the schema.',
    behaviour: ASKS,
    input: z.strictObject(placeShape),
    output: statusSchema.extend({ success: z.boolean().describe('false: a conflict blocks') }),
    work: async (input, call) => {
      const { readProjectStatus } = await import('../jobs/project-status.js')
      const { success, status } = await readProjectStatus(await openContext(placeOf(input, call)))
      return { success, ...status }
    },
  }),
  tool({
    name: 'doctor',
    title: 'Check the prerequisites',
    description:
      'Looks at tools, configuration, access, the database, the Temporal server and its worker; each check that fails says what to do.',
    behaviour: ASKS,
    input: z.strictObject(placeShape),
    output: z.object({ success: z.boolean(), environment: z.string(), checks: z.array(checkSchema) }),
    work: async (input, call) => {
      const { examine } = await import('../jobs/doctor-checks.js')
      const options = placeOf(input, call)
      const checks = await examine({ ...options, json: true })
      const success = checks.every(({ state }) => state !== 'failed')
      return { success, environment: options.env, checks }
    },
  }),
  tool({
    name: 'list_runs',
    title: 'List runs',
    description: 'Runs of all databases of the Temporal namespace, newest first.',
    behaviour: ASKS,
    input: z.strictObject({
      environment: placeShape.environment.describe('only runs of this environment'),
      open: z.boolean().optional().describe('only runs that are under way'),
      limit: z.number().int().min(1).max(100).optional(),
    }),
    output: z.object({ runs: z.array(runRowSchema) }),
    work: async (filter, { place }) =>
      withSession(place.projectDir, async (session) => ({
        runs: await listRuns(session, { limit: 20, ...filter }),
      })),
  }),
  tool({
    name: 'show_run',
    title: 'Show a run',
    description:
      'The state of a run: steps, gates and who decided what, the plan, monitoring. Without `run`: the newest one of the environment.',
    behaviour: ASKS,
    input: z.strictObject(runShape),
    output: runViewSchema.extend({ waitsFor: waitsForSchema.optional() }),
    work: async ({ run, ...place }, call) => {
      const view = await withRun(placeOf(place, call), run, readRun)
      return { ...defined({ waitsFor: waitsFor(view) }), ...view }
    },
  }),
  tool({
    name: 'report',
    title: 'Report of a run',
    description:
      'The report of a run as Markdown, at any time; writes no file. Without `run`: the newest one of the environment.',
    behaviour: ASKS,
    input: z.strictObject(runShape),
    output: z.object({ workflowId: z.string(), runId: z.string(), markdown: z.string() }),
    work: async ({ run, ...place }, call) => {
      const { readReport } = await import('../jobs/read-report.js')
      const { reportForAgents } = await import('./report-for-agents.js')
      const input = await withRun(placeOf(place, call), run, readReport)
      const { workflowId, runId } = input.view
      return { workflowId, runId, markdown: reportForAgents(input) }
    },
  }),
]

function unknownCode(code: string, rules: readonly { code: string }[]): RunbookError {
  const codes = rules.map((rule) => rule.code)
  return new RunbookError('ConfigInvalid', `There is no code ${code}.${didYouMean(code, codes)}`, {
    advice: words`All of them: ${command('validate', '--rules')}`,
  })
}
