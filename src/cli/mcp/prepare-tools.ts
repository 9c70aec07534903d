import { z } from 'zod'
import { openContext } from '../../config/context.js'
import { defined } from '../../contract/defined.js'
import { RunbookError } from '../../contract/failures.js'
import { findingSchema, fixSchema, type Finding } from '../../contract/finding.js'
import { LIMITS } from '../../contract/limits.js'
import { command, words } from '../../contract/next-command.js'
import { planSchema, type Plan } from '../../contract/plan.js'
import { rollbackCostSchema } from '../../contract/rollback.js'
import { visibleAnswer } from '../../text/visible.js'
import { withFix } from '../../text/fix.js'
import { findingPlace, isAt, validated } from './findings.js'
import { insideProject } from './inside.js'
import { placeOf, placeShape } from './place.js'
import { proposalSchema, proposeRun } from './propose.js'
import { tool, type ToolCall } from './tool.js'

/** A remote database is backed up first, which writes an archive; no database is changed. */
const WRITES_ARCHIVES = { readOnly: false, openWorld: true, idempotent: false }
const archive = z
  .string()
  .min(1)
  .max(1_000)
  .optional()
  .describe('path of a backup archive within the project, instead of a fresh copy')

/** Tools that leave something behind: an archive, or a run that waits. */
export const PREPARE_TOOLS = [
  tool({
    name: 'plan',
    title: 'Rehearse the pending migrations',
    description:
      'Runs the pending migrations on a copy of the database and compares every table: verdict, findings, rows before and after, and the way back with its price. Of a remote database a verified backup is made first and kept; the database itself is only read.',
    behaviour: WRITES_ARCHIVES,
    heavy: true,
    input: z.strictObject({ ...placeShape, archive }),
    output: planSchema.extend({ success: z.boolean().describe('false: the plan is blocked') }),
    work: async (input, call) => {
      const plan = await planned(input, call)
      return { success: plan.verdict !== 'block', ...plan }
    },
  }),
  tool({
    name: 'draft_rewrite',
    title: 'Draft the safe rewrite of a migration',
    description:
      'The text of a migration file with the fix of a finding in its place, where there is one: of the files alone, else by a rehearsal as `plan` makes it. Writes no migration file: read it, write the file, and validate it again.',
    behaviour: WRITES_ARCHIVES,
    heavy: true,
    input: z.strictObject({ ...placeShape, ...findingPlace, archive }),
    output: z.object({
      migration: z.string(),
      finding: findingSchema,
      fix: fixSchema,
      text: z.string().describe('the whole file with the fix in it'),
    }),
    work: async (input, call) => {
      const { findings, files } = await validated(input, call)
      const all = hasFix(findings, input) ? findings : [...findings, ...(await planned(input, call)).findings]
      const found = all.filter((one) => isAt(one, input))
      const finding = found.find(({ fix }) => fix !== undefined)
      const file = files.find(({ name }) => name === finding?.fix?.replaces.file)
      if (finding?.fix === undefined || file === undefined) throw noRewrite(input, found)
      const { fix } = finding
      return { migration: file.name, finding, fix, text: exact(withFix(file.sql, fix), file.name) }
    },
  }),
  tool({
    name: 'draft_reverse',
    title: 'Draft the reverse of a migration',
    description:
      'The reverse of a migration as SQL, with what it does not bring back. Writes no migration file. Of a remote database a verified backup is made and kept to try it on.',
    behaviour: WRITES_ARCHIVES,
    heavy: true,
    input: z.strictObject({
      ...placeShape,
      archive,
      migration: z
        .string()
        .max(LIMITS.fileName)
        .optional()
        .describe('which one; default: the newest that is applied'),
    }),
    output: z.object({
      of: z.string(),
      there: z.string().optional().describe('a file of the folder that is this reverse already'),
      sql: z.string(),
      price: z.array(z.string()),
      cost: rollbackCostSchema.optional(),
      rows: z.boolean().optional().describe('it holds rows of the database'),
      blockedBy: z
        .array(findingSchema.pick({ code: true, message: true, table: true, column: true }))
        .optional(),
      archive: z.string().optional(),
      archiveCreatedAt: z.string().optional(),
      rehearsedOn: z.array(z.string()),
      pending: z.array(z.string()).optional(),
    }),
    work: async ({ migration, archive: given, ...place }, call) => {
      const { reverseDocument, writeReverse } = await import('../jobs/write-reverse.js')
      const context = await openContext(placeOf(place, call))
      const backup = given === undefined ? undefined : await insideProject(call.place.projectDir, given)
      const { signal, onProgress } = call
      const reverse = reverseDocument(
        await writeReverse({ context, signal, onProgress, ...defined({ of: migration, backup }) }),
      )
      return { ...reverse, sql: exact(reverse.sql, `the reverse of ${reverse.of}`) }
    },
  }),
  tool({
    name: 'propose_run',
    title: 'Propose a run',
    description:
      "Starts a run that waits at its first gate, recorded as proposed by an agent. Runs the project's own tests first. Answers for no line of the checklist, approves nothing, and no gate of it opens by itself: people decide at each one, by commands of their own.",
    behaviour: { readOnly: false, openWorld: true, idempotent: false },
    heavy: true,
    input: z.strictObject(placeShape),
    output: proposalSchema,
    work: async (input, call) => proposeRun(await openContext(placeOf(input, call)), call),
  }),
]

async function planned(
  input: Parameters<typeof placeOf>[0] & { archive?: string | undefined },
  call: ToolCall,
): Promise<Plan> {
  const { makePlan } = await import('../jobs/make-plan.js')
  const context = await openContext(placeOf(input, call))
  const given =
    input.archive === undefined ? undefined : await insideProject(call.place.projectDir, input.archive)
  return makePlan(context, given, call)
}

/** A draft is written to a file as it stands; answers hold nothing that does not show. Throws `ValidationFailed`. */
function exact(text: string, what: string): string {
  if (visibleAnswer(text) === text) return text
  throw new RunbookError(
    'ValidationFailed',
    `There are characters in ${what} that do not show: no draft is made of it.`,
    {
      advice: 'A person looks at them, and makes the draft with the command line.',
    },
  )
}

type FindingPlace = Parameters<typeof isAt>[1]

function hasFix(findings: readonly Finding[], at: FindingPlace): boolean {
  return findings.some((one) => isAt(one, at) && one.fix !== undefined)
}

function noRewrite({ code, migration }: FindingPlace, [first]: readonly Finding[]): RunbookError {
  const why =
    first === undefined
      ? `There is no finding ${code} in ${migration}.`
      : `No rewrite of ${migration} is known for its finding ${first.code}.`
  return new RunbookError('ValidationFailed', why, {
    advice: first?.advice ?? words`What there is: ${command('plan')}`,
  })
}
