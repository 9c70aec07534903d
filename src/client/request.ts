import { defined } from '../contract/defined.js'
import { redactIn } from '../process/redact.js'
import { stateFolder } from '../process/state-folder.js'
import { keepOutOfGit } from '../process/private-files.js'
import { z } from 'zod'
import { readChecksums } from '../d1/migrations/checksums.js'
import type { Project } from '../config/project.js'
import {
  queriesOf,
  resolveRequestSettings,
  reviewCommandOf,
  type RequestSettings,
} from '../config/settings.js'
import type { Attestation } from '../contract/attestations.js'
import { RunbookError } from '../contract/failures.js'
import { LIMITS } from '../contract/limits.js'
import { grouped } from '../contract/number.js'
import type { Proposer } from '../contract/provenance.js'
import { migrationRequestSchema, type MigrationRequest } from '../contract/run.js'
import { storeOf } from '../config/store.js'
import { artifactFolder, storedArtifacts } from '../d1/migrations/artifacts.js'
import { packBundle } from '../d1/migrations/bundle.js'
import { attestationsOf } from '../runbook/default-policy.js'
import { WAY_BACK_LINE } from '../runbook/plan-review.js'
import { refusalOfUndecidable } from '../runbook/charter-demands.js'
import { zonedDateTime } from '../text/clock.js'
import { command, type NextCommand } from '../contract/next-command.js'
import { freezeText } from '../runbook/freezes.js'
import { windowState } from '../runbook/window.js'
import { parseWindow } from '../runbook/window-input.js'
import { readOverlooked, readProjectFiles, type Context } from '../config/context.js'
import { collectEvidence, givenAnswers, type AskLines } from './evidence.js'

export interface RequestOptions {
  /** Who asks for the migration. */
  requester: string
  /** Their approval at every gate where the policy lets them decide alone. */
  preApproved?: boolean
  /** The agent that proposes it for the requester: people then decide at each gate. */
  proposedBy?: Proposer
  /** Apply only inside this window, such as `2026-03-08T22:00/2h`. Default: that of the environment, if it has one. */
  window?: string | undefined
  /** Compresses the monitoring so many times, for rehearsals. */
  timeScale?: number | undefined
  /** Lines of the checklist that the requester answers for, by name. */
  attested?: readonly string[]
  /** Lines left out, each as `NAME=reason`. */
  skipped?: readonly string[]
  /** Asks for the lines of the checklist that nobody has answered for; absent where nobody is there. */
  ask?: AskLines | undefined
  /** Records what the database holds already instead of migrating: no tests, no checklist. */
  adopt?: { through?: string }
  /** Goes on from what a lost run left: no tests, no checklist. */
  lostRun?: { archive?: string }
  /** Ends the project's own commands. */
  signal?: AbortSignal
  /** Told what is being done, such as the project's tests. */
  onProgress?: (message: string) => void
}

function startAgain({
  requester,
  window,
  timeScale,
  attested = [],
  skipped = [],
}: RequestOptions): NextCommand {
  return command(
    'start',
    ...['--requester', requester],
    ...(window === undefined ? [] : ['--window', window]),
    ...(timeScale === undefined ? [] : ['--time-scale', String(timeScale)]),
    ...attested.flatMap((line) => ['--attest', line]),
    ...skipped.flatMap((line) => ['--skip', line]),
  )
}

/** Everything that the workflow needs, resolved and packed where the checkout is. Starts nothing. */
export async function buildRequest(context: Context, options: RequestOptions): Promise<MigrationRequest> {
  const { project, target } = context
  const settings = resolveRequestSettings(project, target.environment)
  demandName(options.requester)
  refuseUndecidableGates({ ...settings, requester: options.requester, production: target.production })
  const window = windowOf(settings, options)
  const files = await readProjectFiles(context)
  // Where a worker on this machine looks for files that are too large to travel in the workflow's input.
  await keepOutOfGit(stateFolder(project.projectDir))
  const store = await storeOf(context)
  const artifacts =
    store === undefined
      ? artifactFolder(stateFolder(project.projectDir, 'artifacts'))
      : storedArtifacts(store)
  const evidence =
    options.adopt !== undefined || options.lostRun !== undefined
      ? []
      : await collectEvidence({
          project,
          target,
          files,
          attested: options.attested ?? [],
          skipped: options.skipped ?? [],
          asked: attestationsOf({
            production: target.production,
            policy: settings.policy,
            proven: provenLines(project, settings),
          }),
          ask: options.ask,
          actor: options.requester,
          again: startAgain(options),
          signal: options.signal ?? new AbortController().signal,
          onProgress: options.onProgress ?? (() => undefined),
        })
  const checksums = await readChecksums(target.migrationsDir)
  const overlooked = await readOverlooked(context)
  const { timeScale } = options
  return migrationRequestSchema.parse({
    ...settings,
    ...defined({ window }),
    monitoring: { ...settings.monitoring, ...defined({ timeScale }) },
    target,
    files: files.map(({ name, sha256 }) => ({ name, sha256 })),
    bundle: await packBundle(files, artifacts),
    requester: options.requester,
    preApproved: options.preApproved ?? false,
    // What the project's own commands printed may hold what this process was given.
    evidence: redactIn(evidence),
    queries: queriesOf(project, target.environment),
    variables: project.config.variables,
    ...defined({ checksums, adopt: options.adopt, lostRun: options.lostRun, proposedBy: options.proposedBy }),
    ...(overlooked.length === 0 ? {} : { overlooked }),
  })
}

/** What was typed, before anybody is asked for anything. Throws `ConfigInvalid` for what {@link buildRequest} would refuse of it. */
export function demandReadable(
  { project, target }: Context,
  options: Pick<RequestOptions, 'requester' | 'window' | 'attested' | 'skipped'>,
): void {
  const { attested = [], skipped = [], requester } = options
  demandName(requester)
  givenAnswers({ attested, skipped, actor: requester })
  windowOf(resolveRequestSettings(project, target.environment), options)
}

function demandName(requester: string): void {
  const { length } = requester.trim()
  if (length > 0 && length <= LIMITS.name) return
  const message =
    length === 0
      ? 'The name of the requester is empty.'
      : `The name of the requester has ${grouped(length)} characters; ${LIMITS.name} are the most.`
  throw new RunbookError('ConfigInvalid', message, { advice: 'Say who asks for the run: --requester NAME.' })
}

function windowOf(
  { window: configured, timeZone, freezes }: RequestSettings,
  { window: typed }: Pick<RequestOptions, 'window'>,
): MigrationRequest['window'] {
  const window = typed === undefined ? configured : parseWindow({ text: typed, timeZone, now: Date.now() })
  refuseClosedWindow({ window, timeZone, freezes })
  return window
}

/** A request as it came from wherever it was kept. Throws `ConfigInvalid` for what is none. */
export function demandRequest(value: unknown): MigrationRequest {
  const { success, data, error } = migrationRequestSchema.safeParse(value)
  if (success) return data
  throw new RunbookError('ConfigInvalid', `This is no migration request: ${z.prettifyError(error)}`, {
    advice: 'Make it with buildRequest of d1-runbook/client.',
  })
}

/** Lines of the checklist that a configured command, the staging proof, or who approves the plan answers. */
function provenLines(project: Project, { stagingEnvironment }: RequestSettings): Attestation[] {
  return [
    WAY_BACK_LINE,
    ...(stagingEnvironment === undefined ? [] : ['staging-tested' as const]),
    ...(reviewCommandOf(project) === undefined ? [] : ['pull-request-reviewed' as const]),
  ]
}

/** `--window` is refused when it is read; a window of the configuration stays there when it is over. */
function refuseClosedWindow({
  window,
  timeZone,
  freezes,
}: Pick<MigrationRequest, 'window' | 'timeZone' | 'freezes'>): void {
  if (window === undefined) return
  const now = Date.now()
  const state = windowState({ window, freezes, now })
  if (state.state !== 'closed') return
  if (state.freeze !== undefined && windowState({ window, now }).state !== 'closed')
    throw new RunbookError(
      'ConfigInvalid',
      `The maintenance window has no moment outside of the freezes: ${freezeText(state.freeze, timeZone)}.`,
      { advice: 'Give another window: --window START/END, or change `window` in runbook.config.' },
    )
  throw new RunbookError(
    'ConfigInvalid',
    `The maintenance window is over: it closed ${zonedDateTime(Date.parse(window.closesAt), timeZone)}.`,
    {
      advice: 'Give another one: --window START/END, or change `window` in runbook.config.',
    },
  )
}

/** Said before anything starts; the worker asks the same of its own charter. */
function refuseUndecidableGates(rules: Parameters<typeof refusalOfUndecidable>[0]): void {
  const refusal = refusalOfUndecidable(rules)
  if (refusal === undefined) return
  throw new RunbookError('ConfigInvalid', refusal.message, { advice: refusal.advice })
}
