import type { RunbookActivities } from '../../src/contract/activities.js'
import type { RunView } from '../../src/contract/run.js'
import { FULL } from '../full.js'
import { openWorld, type World } from './world.js'

/** The work of each phase of the runbook before anything is applied. */
export const WORK_BEFORE = [
  'checkPrerequisites',
  'runChecklist',
  'createBackup',
  'readStatus',
  'rehearse',
  'takeBaseline',
  'checkConnectivity',
] as const satisfies (keyof RunbookActivities)[]

/** And after; the reverse migration is applied by `applyMigration` too. */
const WORK = [...WORK_BEFORE, 'applyMigration', 'validateMigration'] as const

/** What is tried each time: the longest, and the one that matters most. */
export const SOME_WORK = FULL ? WORK : (['createBackup', 'rehearse', 'applyMigration'] as const)

/** What one side of a test waits for until the other says that it is there. */
export function latch(): { passed: Promise<void>; pass: () => void } {
  let pass = (): void => undefined
  const passed = new Promise<void>((resolve) => (pass = resolve))
  return { passed, pass: () => pass() }
}

/** A world in which the first call of one activity waits, after it has done its work, until the test lets it go on. */
export function worldHeldAt(name: keyof RunbookActivities): {
  world: World
  begun: Promise<void>
  goOn: () => void
} {
  const { passed: begun, pass: begin } = latch()
  const { passed: released, pass: goOn } = latch()
  const world = openWorld()
  const real = world.activities
  const work = (input: never): Promise<unknown> => real[name](input)
  let first = true
  const held = async (input: never): Promise<unknown> => {
    const done = await work(input)
    if (first) {
      first = false
      begin()
      await released
    }
    return done
  }
  world.activities = { ...world.activities, [name]: held }
  return { world, begun, goOn }
}

export const applied = ({ migrations }: RunView): number =>
  migrations.filter(({ state }) => state === 'applied').length
/** The first file of the sample was there before. */
export const reallyApplied = ({ ledger }: World): number => ledger.length - 1
