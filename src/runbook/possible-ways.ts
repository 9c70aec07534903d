import { defined } from '../contract/defined.js'
import type { Decision } from '../contract/decision.js'
import { at, command, placeOf, words, type Words } from '../contract/next-command.js'
import type { RollbackOption } from '../contract/rollback.js'
import type { RunView } from '../contract/run.js'
import { phrases } from '../text/phrases.js'

/** Why the way back that a decision names cannot be chosen, and which can; undefined where it can. */
export function whyNotThisWay(
  { gate, decision, strategy }: Pick<Decision, 'gate' | 'decision' | 'strategy'>,
  ways: readonly RollbackOption[] | undefined,
): { reason: string; advice: Words } | undefined {
  if (ways === undefined || gate !== 'rollback' || decision !== 'approve') return undefined
  const chosen = ways.find((way) => way.strategy === strategy)
  if (chosen === undefined || chosen.available) return undefined
  const possible = [...ways.filter(({ available }) => available).map((way) => way.strategy), 'none']
  return {
    reason: `'${chosen.strategy}' is not possible: ${phrases(chosen.price)}; possible: ${possible.join(', ')}`,
    advice: choosing(ways),
  }
}

/** What works where a gate is not open; undefined where nothing more is known than the state of the run. */
export function insteadOf(gate: string, { gates }: Pick<RunView, 'gates'>): Words | undefined {
  if (gate !== 'rollback') return undefined
  if (!gates.some((one) => one.gate === 'team-confirmation' && one.state === 'open')) return undefined
  return words`Decline the result first, then the gate rollback opens and shows the ways back: ${command('reject', 'team-confirmation')}`
}

/** How the gate rollback is decided in this state of a run: nothing that would be refused is named. */
export function howToRollBack(
  view: Pick<
    RunView,
    'gates' | 'rollbackOptions' | 'environment' | 'databaseOption' | 'outcome' | 'migrations'
  >,
): Words {
  const open =
    view.outcome === null && view.gates.some(({ gate, state }) => gate === 'rollback' && state === 'open')
  const place = placeOf(view)
  if (open && view.rollbackOptions !== undefined) return choosing(view.rollbackOptions)
  if (view.outcome !== null && view.migrations.some(({ state }) => state === 'applied'))
    return words`What it applied is taken back by a new file: ${at(place, command('create-rollback'))}. How it ended: ${at(place, command('show'))}`
  return (
    (view.outcome === null ? insteadOf('rollback', view) : undefined) ??
    words`Whether there is something to take back, and which ways there are: ${at(place, command('show'))}`
  )
}

function choosing(ways: readonly RollbackOption[]): Words {
  const possible = ways.filter(({ available }) => available).map((way) => way.command)
  // All are of one database.
  const { environment, database } = ways[0]?.command ?? {}
  const none = at(defined({ environment, database }), command('rollback', '--strategy', 'none'))
  return [...possible, none].reduce<Words>(
    (all, next, index) => (index === 0 ? words`Choose one of these: ${next}` : words`${all}, or ${next}`),
    '',
  )
}
