import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { RunbookError } from '../contract/failures.js'
import { ask, askAll, nameOf, type GitHub } from './send.js'
import { shaSchema, type Trees } from './trees.js'

const NEEDS = 'pull requests: read'

const pullSchema = z.object({
  number: z.number().int().positive(),
  state: z.enum(['open', 'closed']),
  head: z.object({ sha: shaSchema, repo: z.object({ full_name: z.string() }).nullable() }),
  base: z.object({ ref: z.string().min(1) }),
})
/** Which only the answer about one of them has. */
const mergeSchema = pullSchema.extend({
  mergeable: z.boolean().nullable(),
  merge_commit_sha: shaSchema.nullable(),
})

export interface PullRequest {
  number: number
  open: boolean
  /** Commit at the tip of its branch. */
  head: string
  baseBranch: string
  /** Its branch is of another repository: whoever opened it need not be of the team. */
  fork: boolean
}

/** What the base branch would hold with the pull request: a commit that GitHub itself makes, of two parents. */
export interface TestMerge {
  sha: string
  tree: string
  /** Commit of the base branch that it is made with. */
  base: string
}

/** GitHub makes the test merge once somebody asks. */
const LOOKS = 10

export async function readPull(github: GitHub, number: number): Promise<PullRequest> {
  return shownAs(github, await ask(github, { path: ['pulls', number], needs: NEEDS }, pullSchema))
}

/** Open ones, into one branch where it is given. */
export async function openPulls(github: GitHub, baseBranch?: string): Promise<PullRequest[]> {
  const search = {
    state: 'open',
    sort: 'created',
    direction: 'asc',
    ...(baseBranch === undefined ? {} : { base: baseBranch }),
  }
  const question = { path: ['pulls'], search, needs: NEEDS }
  const pulls = await askAll(github, question, z.array(pullSchema), (page) => page)
  return pulls.map((pull) => shownAs(github, pull))
}

/**
 * The test merge of this head with the base branch as it is now, as far as GitHub has made it after some looks; else with the base of before, which
 * `base` tells. Throws `ConfigInvalid` where it cannot be merged, or moved on meanwhile.
 */
export async function testMerge(
  github: GitHub,
  trees: Trees,
  { number, head, baseBranch }: PullRequest,
  { pauseMs = 2_000, signal }: { pauseMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<TestMerge> {
  const tip = await trees.tip(baseBranch)
  let made: TestMerge | undefined
  for (let look = 1; look <= LOOKS; look += 1) {
    const pull = await ask(github, { path: ['pulls', number], needs: NEEDS, signal }, mergeSchema)
    if (pull.head.sha !== head || pull.base.ref !== baseBranch)
      throw refusal(`Pull request ${number} moved on while it was looked at.`, 'Run it again.')
    if (pull.mergeable === false)
      throw refusal(
        `Pull request ${number} has conflicts with ${JSON.stringify(baseBranch)}: what both together hold is not known.`,
        'Merge the base branch into it, and solve them.',
      )
    if (pull.mergeable === true && pull.merge_commit_sha !== null) {
      const { sha, tree, parents } = await trees.commit(pull.merge_commit_sha)
      const [base, branch] = parents
      if (base !== undefined && branch === head) made = { sha, tree, base }
      if (made?.base === tip) return made
    }
    await sleep(pauseMs, undefined, { signal })
  }
  if (made !== undefined) return made
  throw refusal(
    `GitHub has not said what pull request ${number} would be merged.`,
    'Run it again in a minute.',
  )
}

function shownAs(github: GitHub, { number, state, head, base }: z.infer<typeof pullSchema>): PullRequest {
  const own = nameOf(github.repository).toLowerCase()
  return {
    ...{ number, open: state === 'open', head: head.sha, baseBranch: base.ref },
    fork: head.repo?.full_name.toLowerCase() !== own,
  }
}

function refusal(message: string, advice: string): RunbookError {
  return new RunbookError('ConfigInvalid', message, { advice })
}
