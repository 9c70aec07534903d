import { OWN_NAME } from '../contract/names.js'
import { ApplicationFailure } from '@temporalio/workflow'
import type { Adoption } from '../contract/adoption.js'
import { defined } from '../contract/defined.js'
import { command, words } from '../contract/next-command.js'
import { adoptionPrompts } from '../runbook/adoption-prompts.js'
import type { StepName } from '../runbook/steps.js'
import { windowState } from '../runbook/window.js'
import { plural } from '../text/plural.js'
import { mutate, read, slow } from './activities.js'
import { atArchive } from './archive-place.js'
import { withCredentials } from './credentials.js'
import { now } from './clock.js'
import { failureOf, GateExpired, isStopped } from './endings.js'
import { confirmDatabase, voidApprovals } from './execute.js'
import { backUp, waitUntilOpen } from './prepare.js'
import { permissionFor } from './permission.js'
import { askedBy, demandBoundProposer } from './proposer.js'
import type { Completed, Run } from './run.js'
import { stepOf } from './state.js'

/** Steps of a migration that recording what is there already does not have. */
const NOT_PART: readonly StepName[] = ['checklist', 'announce', 'status', 'validate', 'monitor']

type Proof = Awaited<ReturnType<typeof slow.proveAdoption>>

/**
 * Records files that the database holds already, though its ledger does not name them: proven on a restored copy, decided at the gates
 * that an apply has, proven again as it was approved, and only then written. No migration runs.
 */
export async function adopt(run: Run): Promise<Completed> {
  for (const name of NOT_PART) stepOf(run.view, name).state = 'skipped'
  await run.gate('team-lead', adoptionPrompts.teamLead(run.view))
  await untilOpen(run)
  for (;;) {
    const proof = await prove(run)
    if (proof.adoption.proven.length === 0) return nothingProven(run, proof.adoption)
    if (await decideAndRecord(run, proof)) return 'completed'
  }
}

async function untilOpen(run: Run): Promise<void> {
  const { window, freezes } = run.request
  const state = windowState({ window, freezes, now: Date.now() })
  if (state.state === 'closed') throw new GateExpired(state.freeze ?? 'window')
  if (state.state === 'open') return
  await waitUntilOpen(run, state)
}

/** On a copy that is made for it: what is proven is proven of now. */
async function prove(run: Run): Promise<Proof> {
  await backUp(run)
  const proof = await run.step(
    'rehearse',
    () => proofOf(run),
    ({ adoption }) => provenText(adoption),
  )
  run.view.planHash = proof.planHash
  run.view.notProven = proof.adoption.notProven.map(({ name, why }) => ({ name, why }))
  run.view.adopted = []
  return proof
}

async function proofOf(run: Run): Promise<Proof> {
  const { target, files, bundle, adopt: asked } = run.request
  const { backup } = run.view
  if (backup === null) throw new Error('the proof needs the backup')
  const input = { target, files, bundle, backup, ...askedBy(run), ...defined({ through: asked?.through }) }
  const proof = await run.audited(
    atArchive(run.request, backup, (where) =>
      slow.proveAdoption.executeWithOptions({ summary: 'Which files are there already?', ...where }, [input]),
    ),
  )
  demandBoundProposer(run, proof.bound)
  return proof
}

function provenText({ proven, notProven }: Adoption): string {
  return `${proven.length} proven, ${notProven.length} not proven`
}

function nothingProven(run: Run, { notProven }: Adoption): Completed {
  const [first] = notProven
  if (first === undefined) {
    run.say('execute', 'nothing is pending: the ledger names every file')
    return 'completed'
  }
  throw ApplicationFailure.create({
    type: 'ChecksFailed',
    message: `No file is proven to be there already. ${first.name}: ${first.why}`,
    nonRetryable: true,
    details: [{ advice: words`See all of it: ${command('adopt', '--dry-run')}` }],
  })
}

/** False: the database changed while people decided, and what they approved is void. */
async function decideAndRecord(run: Run, proof: Proof): Promise<boolean> {
  const { target } = run.request
  const prompts = adoptionPrompts
  return run.step(
    'execute',
    async () => {
      await confirmDatabase(run)
      await run.gate('preflight', prompts.preflight(run.view, proof.adoption))
      await run.gate('plan', prompts.plan(proof, target.migrationsTable))
      await run.gate('final', prompts.final(run.view, proof, target.migrationsTable))
      await backUp(run)
      const again = await proofOf(run)
      if (again.planHash !== proof.planHash) {
        voidApprovals(run, `the database changed after the proof: ${provenText(again.adoption)} now`)
        return false
      }
      const { window, freezes } = run.request
      const state = windowState({ window, freezes, now: Date.now() })
      if (state.state !== 'open') throw new GateExpired(state.freeze ?? 'window')
      await record(run, again)
      return true
    },
    (recorded) => (recorded ? plural(run.view.adopted?.length ?? 0, 'file') : 'void: the database changed'),
  )
}

async function record(run: Run, { adoption, bound }: Proof): Promise<void> {
  const { target } = run.request
  const { proven, ledger, schemaFingerprint } = adoption
  const input = {
    ...{ target, names: proven, ledgerBefore: ledger, schemaFingerprint, runKey: run.runKey },
    ...permissionFor(run, 'adopt', bound),
  }
  // From here on it is not known, until it is read.
  delete run.view.adopted
  try {
    const { adopted } = await withCredentials(run, 'the ledger was being written', () =>
      run.audited(mutate.recordAdoption.executeWithOptions({ summary: 'Write the ledger' }, [input])),
    )
    run.view.adopted = adopted
  } catch (error) {
    await run.uninterrupted(() => readBack(run, proven))
    if (isStopped(error) || run.view.adopted?.length !== proven.length) throw error
  }
  const left = run.view.notProven?.length ?? 0
  const rest = left === 0 ? '' : `; ${plural(left, 'file')} not proven and still pending`
  const what = `${plural(proven.length, 'file')} recorded in ${target.migrationsTable}, held by the database already and not run${rest}`
  run.say('execute', what)
}

/** What the ledger says of files whose rows may have been written. Never throws. */
async function readBack(run: Run, names: string[]): Promise<void> {
  const { target, files } = run.request
  try {
    const { applied } = await run.audited(
      read.readStatus.executeWithOptions({ summary: 'Read back what was recorded' }, [{ target, files }]),
    )
    run.view.adopted = names.filter((name) => applied.some((one) => one.name === name))
  } catch (error) {
    const note = `Whether the ledger was written is not known: ${failureOf(error).message}`
    run.view.observations.push({ note, actor: OWN_NAME, at: now() })
  }
}
