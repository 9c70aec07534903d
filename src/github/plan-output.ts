import { formatMarkdown } from '../analysis/findings/markdown.js'
import { plain } from '../contract/command-line.js'
import type { Finding, PlanVerdict } from '../contract/finding.js'
import { cutText } from '../contract/limits.js'
import { command, words, type Words } from '../contract/next-command.js'
import type { Plan } from '../contract/plan.js'
import { planMarkdown } from '../runbook/plan-markdown.js'
import { planView } from '../runbook/plan-view.js'
import { unblocking } from '../text/blocked.js'
import { findingCounts } from '../text/finding-counts.js'
import { code, paragraphs, prose } from '../text/markdown.js'
import { plural } from '../text/plural.js'
import { visible, visibleLines } from '../text/visible.js'
import type { Moved } from './basis.js'
import { LONGEST_OUTPUT, type Annotation, type CheckOutput, type Conclusion } from './checks.js'

export function checkName(environment: string): string {
  return `d1-runbook: plan of ${visible(environment)}`
}

/** A plan to acknowledge is merged, and acknowledged by people at the gates of its run. */
export const CONCLUSION: Record<PlanVerdict, Conclusion> = {
  ok: 'success',
  acknowledge: 'neutral',
  block: 'failure',
}

export interface Planned {
  /** Commit at the tip of the pull request, and of the base branch that it was planned with. */
  head: string
  base: string
  baseBranch: string
  /** Folder of the migrations, and files of the configuration, below the root of the repository. */
  migrations: string
  /** Of the configuration, what the pull request has otherwise than the checkout that planned. */
  otherConfiguration: string[]
  /** Name of the archive that was rehearsed on, where one was given. */
  archive?: string | undefined
}

/** More are no help to who reads a pull request; the text has all. */
const MOST_ANNOTATIONS = 200
/** GitHub takes 64 KB. Characters. */
const LONGEST_MESSAGE = 4_000
const LONGEST_TITLE = 255
const SHOWN = 10

/** What a check says of a plan. Names, reasons and SQL of others stand in it as text, never as Markdown of theirs. */
export function planOutput(plan: Plan, planned: Planned): CheckOutput {
  const whole = [
    planMarkdown(planView(plan)),
    plan.findings.length === 0 ? '' : formatMarkdown(plan.findings),
  ]
  const { text, cut } = fitting(paragraphs(...whole))
  const annotations = annotationsOf(plan.findings, planned.migrations)
  const files =
    plan.migrations.length === 0
      ? 'No migration is pending.'
      : `${plural(plan.migrations.length, 'migration')} ${plan.migrations.length === 1 ? 'is' : 'are'} pending.`
  const { database, environment } = plan
  const on =
    planned.archive === undefined
      ? `a copy of the ${database.remote ? 'remote' : 'local'} database`
      : `the archive ${code(planned.archive)}`
  const summary = [
    `${files} Planned for ${code(database.name)} (${prose(environment)}), on ${on}: ${plural(plan.ledger.length, 'migration')} in its ledger.`,
    `Pull request at ${code(planned.head.slice(0, 12))}, with ${code(planned.baseBranch)} at ${code(planned.base.slice(0, 12))}. Plan ${code(plan.planHash.slice(0, 12))}.`,
    planned.otherConfiguration.length > 0 &&
      `The pull request has ${list(planned.otherConfiguration)} otherwise than the checkout in which it was planned: what that changes is not in this plan.`,
    SAYS[plan.verdict](plan),
    cut && 'The plan does not fit in here as a whole.',
    annotations.length > MOST_ANNOTATIONS &&
      `Of ${annotations.length} findings at lines, ${MOST_ANNOTATIONS} are shown there.`,
  ]
  return {
    title: visible(titleOf(plan)),
    summary: paragraphs(...summary),
    text,
    annotations: annotations.slice(0, MOST_ANNOTATIONS),
  }
}

const SAYS: Record<PlanVerdict, (plan: Plan) => string> = {
  ok: () => 'Nothing was found that somebody must accept.',
  acknowledge: () => 'Somebody acknowledges what was found at the gates of the run.',
  block: ({ findings }) => `No run would go on with it. ${unblocking(findings)}`,
}

function titleOf({ migrations, findings, verdict }: Plan): string {
  if (migrations.length === 0 && verdict === 'ok') return 'No migration is pending'
  const said = { ok: 'ok', acknowledge: 'to acknowledge', block: 'blocked' }[verdict]
  return `${plural(migrations.length, 'migration')}: ${said} (${findingCounts(findings)})`
}

/** Of a pull request that changes neither a migration nor the configuration. */
export function unchangedOutput(baseBranch: string): CheckOutput {
  return {
    title: 'No migration is changed',
    summary: `Neither a migration nor the configuration is another one than on ${code(baseBranch)}: there was nothing to plan.`,
  }
}

export interface MovedOn {
  moved: readonly Moved[]
  environment: string
  baseBranch: string
  /** Commits of the base branch: of the plan, and now. */
  base: readonly [string, string]
  /** What the two have otherwise, of what a plan is made of. */
  changed: readonly string[]
  /** Names in the ledger now. */
  ledger: readonly string[]
}

/** A check whose plan holds no more: what moved, above what it said. */
export function staleOutput(
  { moved, environment, baseBranch, base, changed, ledger }: MovedOn,
  before: { summary: string | null; text: string | null },
): CheckOutput {
  const [then, now] = base.map((sha) => code(sha.slice(0, 12)))
  const newest = ledger.at(-1)
  const holds =
    newest === undefined
      ? 'is empty'
      : `holds ${plural(ledger.length, 'migration')}, the last one ${code(newest)}`
  const lines: Record<Moved, string> = {
    base: `- ${code(baseBranch)} moved on from ${then} to ${now}${changed.length === 0 ? ', and changed what the plan is made of' : `, and changed ${list(changed)}`}.`,
    ledger: `- The ledger of ${prose(environment)} is another one: it now ${holds}.`,
    schema: `- The schema of ${prose(environment)} is another one.`,
  }
  const head = paragraphs(
    '**This plan holds no more.** What it was made of has moved on:',
    moved.map((one) => lines[one]).join('\n'),
    'It must be made anew before it says anything.',
  )
  const { text: summary } = fitting(paragraphs(head, before.summary !== null && `---\n\n${before.summary}`))
  return {
    title: `Stale: ${moved.map((one) => TITLES[one]).join(', ')} moved on`,
    summary,
    ...(before.text === null || before.text === '' ? {} : { text: before.text }),
  }
}

const TITLES: Record<Moved, string> = { base: 'the base branch', ledger: 'the ledger', schema: 'the schema' }

/** A check without a plan: what failed, and what to do. */
export function failedOutput(message: string, advice: Words): CheckOutput {
  return {
    title: 'No plan was made',
    summary: fitting(
      paragraphs(
        prose(message),
        prose(plain(advice)),
        prose(plain(words`It is made again by ${command('github plan-check')}.`)),
      ),
    ).text,
  }
}

export function annotationsOf(findings: readonly Finding[], folder: string): Annotation[] {
  return findings
    .filter(({ migration }) => migration !== '-')
    .map((finding) => {
      const line = finding.line ?? 1
      const message = `${finding.message} ${plain(finding.advice)}`
      return {
        // As the repository has it: this is a place, and no text.
        path: `${folder}/${finding.migration}`,
        ...{ start_line: line, end_line: line },
        annotation_level: levelOf(finding),
        title: cutText(finding.code, LONGEST_TITLE),
        message: cutText(visibleLines(message), LONGEST_MESSAGE),
        ...(finding.fix === undefined
          ? {}
          : { raw_details: cutText(visibleLines(finding.fix.sql), LONGEST_MESSAGE) }),
      }
    })
}

function levelOf({ severity, accepted }: Finding): Annotation['annotation_level'] {
  if (accepted !== undefined || severity === 'info') return 'notice'
  return severity === 'error' ? 'failure' : 'warning'
}

function list(names: readonly string[]): string {
  const more = names.length - SHOWN
  return `${names.slice(0, SHOWN).map(code).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Within GitHub's limit, cut where a paragraph ends. */
function fitting(text: string): { text: string; cut: boolean } {
  if (text.length <= LONGEST_OUTPUT) return { text, cut: false }
  const room = text.slice(0, LONGEST_OUTPUT)
  const end = room.lastIndexOf('\n\n')
  // Half of a letter that takes two would be none.
  return { text: (end > 0 ? room.slice(0, end) : room).replace(/[\uD800-\uDBFF]$/, ''), cut: true }
}
