import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Probed } from '../../contract/assumptions.js'
import { RunbookError } from '../../contract/failures.js'
import { stateFolder } from '../../process/state-folder.js'
import { apiClient } from '../../d1/cloudflare/api.js'
import { resolveAccount } from '../../d1/cloudflare/account.js'
import { probeAssumptions } from '../../d1/live/probe-assumptions.js'
import { loadProject } from '../../config/project.js'
import { resolveTarget } from '../../config/target.js'
import type { CommonOptions } from '../terminal/app.js'
import { interruptible } from '../terminal/interrupt.js'
import type { Output } from '../terminal/output.js'

/**
 * Holds what we take Cloudflare to be against the user's account, and keeps what was seen: in a file from which the local API can be
 * set up. The project's databases are not touched.
 */
export async function examineLive(
  options: CommonOptions & { out?: string },
  output: Output,
): Promise<number> {
  const client = apiClient()
  if (client === undefined)
    throw new RunbookError('NotAuthenticated', 'doctor --live needs CLOUDFLARE_API_TOKEN.', {
      advice: 'Set it to a token with "D1: Edit" on the account.',
    })
  const account = await resolveAccount(await accountOf(options), client)
  output.note(`Making a throw-away database in the account ${account}, and deleting it at the end`)
  const { probes, leftBehind } = await interruptible((signal) =>
    probeAssumptions({ client, account, signal, onProbed: ({ assumption }) => output.note(assumption) }),
  )
  const file = path.resolve(options.out ?? stateFolder(options.project, fileName(probes)))
  await mkdir(path.dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify({ version: 1, probes }, null, 2)}\n`)
  const success = leftBehind === undefined && probes.every(({ ok }) => ok)
  output.document({ success, file, leftBehind: leftBehind ?? null, probes })
  if (!output.json) show(output, { probes, leftBehind, file })
  return success ? 0 : 1
}

/** Of the environment, where there is a project that has it; else whatever the environment variables and the token say. */
async function accountOf(options: CommonOptions): Promise<{ accountId?: string }> {
  try {
    const project = await loadProject({ projectDir: options.project })
    const { accountId } = resolveTarget(project, options.env, { allowSharedDatabase: true })
    return accountId === undefined ? {} : { accountId }
  } catch (error) {
    if (error instanceof RunbookError) return {}
    throw error
  }
}

function fileName(probes: readonly Probed[]): string {
  const at = probes[0]?.when ?? new Date().toISOString()
  return `assumptions-${at.slice(0, 19).replaceAll(':', '')}Z.json`
}

function show(
  output: Output,
  { probes, leftBehind, file }: { probes: Probed[]; leftBehind: string | undefined; file: string },
): void {
  const { colors } = output
  for (const { assumption, expected, seen, ok } of probes) {
    output.line(`${ok ? colors.green('✔') : colors.yellow('!')} ${assumption}`)
    output.line(`    ${ok ? seen : `assumed: ${expected}; seen: ${seen}`}`)
  }
  output.line()
  output.line(`${probes.filter(({ ok }) => ok).length} of ${probes.length} are as assumed. Kept in ${file}`)
  if (leftBehind !== undefined)
    output.line(colors.red(`${leftBehind} may be left behind. Delete it: wrangler d1 delete ${leftBehind}`))
}
