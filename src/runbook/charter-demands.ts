import { ATTESTATIONS, type Attestation } from '../contract/attestations.js'
import { command, words, type Words } from '../contract/next-command.js'
import type { Check, MigrationRequest } from '../contract/run.js'
import { attestationsOf } from './default-policy.js'
import { WAY_BACK_LINE } from './plan-review.js'
import { UNDECIDABLE_ADVICE, undecidableGates } from './satisfiable.js'

/** Why a run is not begun, and what to type instead. */
export interface Refusal {
  message: string
  advice: Words
}

/** Nobody looked, and says so: a line that is neither attested nor proven is shown as a gap. */
export function unanswered(line: Attestation): Check {
  return {
    name: line,
    title: ATTESTATIONS[line],
    state: 'warned',
    message: 'not attested: nobody answered for it',
    advice: `Answer for it at the start: --attest ${line}, or --skip "${line}=reason".`,
  }
}

/** The lines that a policy demands and nobody answered for; undefined where none is missing. */
export function refusalOfUnanswered(
  environment: string,
  missing: readonly Attestation[],
): Refusal | undefined {
  const [first] = missing
  if (first === undefined) return undefined
  const titles = missing.map((line) => ATTESTATIONS[line]).join('; ')
  const answers = missing.flatMap((line) => ['--attest', line])
  return {
    message: `${environment} asks somebody to answer for: ${titles}.`,
    advice: words`Answer for it: ${command('start', ...answers)}, or leave a line out for a reason: ${command('start', '--skip', `${first}=REASON`)}. Nothing was started.`,
  }
}

/** A gate that nobody could ever approve would wait for ever; undefined where people suffice. */
export function refusalOfUndecidable(rules: Parameters<typeof undecidableGates>[0]): Refusal | undefined {
  const blocked = undecidableGates(rules)
  if (blocked.length === 0) return undefined
  const reasons = blocked.map(({ gate, reason }) => `${gate}: ${reason}`).join('; ')
  return {
    message: `Nobody could approve every gate of this run. ${reasons}.`,
    advice: UNDECIDABLE_ADVICE,
  }
}

type Asked = Pick<
  MigrationRequest,
  'policy' | 'people' | 'requester' | 'target' | 'evidence' | 'stagingEnvironment'
>

/**
 * What the client asks before it starts a run, asked again of the request as the charter has it: whoever started it may have gone by
 * another policy, or by none. `gaps`: lines that are expected and not demanded, and that nobody answered for. Pure.
 */
export function demandsOf(request: Asked): { refusal: Refusal | undefined; gaps: Check[] } {
  const { policy, people, requester, target, evidence, stagingEnvironment } = request
  const { production, environment } = target
  // Both are looked at later: the one by whoever approves the plan, the other by this worker.
  const proven = [WAY_BACK_LINE, ...(stagingEnvironment === undefined ? [] : ['staging-tested' as const])]
  const { lines, demanded } = attestationsOf({ production, policy, proven })
  const open = lines.filter((line) => !evidence.some((one) => one.name === line && answers(one)))
  return {
    refusal:
      refusalOfUndecidable({ policy, people, requester, production }) ??
      (demanded ? refusalOfUnanswered(environment, open) : undefined),
    gaps: open.filter((line) => !evidence.some(({ name }) => name === line)).map(unanswered),
  }
}

/** A line that somebody left out has their name: who skips it says why. */
function answers({ state, actor }: Check): boolean {
  return state === 'attested' || state === 'passed' || (state === 'skipped' && actor !== undefined)
}
