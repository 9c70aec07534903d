import { createHash } from 'node:crypto'
import type { Context } from '../config/context.js'
import { listRuns, type RunRow } from '../client/list.js'
import { readRequest } from '../client/run-history.js'
import type { Session } from '../client/session.js'
import { isMigrationName } from '../d1/migrations/listing.js'
import type { MigrationRequest } from '../contract/run.js'
import type { RepositoryPaths } from './basis.js'
import type { Trees } from './trees.js'

/** Runs of an environment that are looked through, newest first. */
const LOOKED_AT = 200
const MOST_KEPT = 1_000

/** Which run applied what a commit holds. A run's start never changes, so what was read of it is kept. */
export class RunsOfCommits {
  private readonly files = new Map<string, string | undefined>()
  private readonly session: Session

  constructor(session: Session) {
    this.session = session
  }

  /**
   * The newest run of this database whose files are exactly those of the commit, byte for byte; adoptions left out, which apply nothing. `count`: how many
   * migrations the commit has. No billable action. Throws what GitHub and Temporal throw.
   */
  async find(
    { target }: Pick<Context, 'target'>,
    { trees, paths, sha }: { trees: Trees; paths: RepositoryPaths; sha: string },
  ): Promise<{ row: RunRow | undefined; count: number }> {
    const committed = await filesAt(trees, sha, paths.migrations, target.migrationsPattern)
    const wanted = fingerprint(committed)
    const rows = await listRuns(this.session, { environment: target.environment, limit: LOOKED_AT })
    for (const row of rows)
      if (row.database === target.database.id && (await this.filesOf(row)) === wanted)
        return { row, count: committed.length }
    return { row: undefined, count: committed.length }
  }

  private async filesOf(row: RunRow): Promise<string | undefined> {
    if (this.files.has(row.runId)) return this.files.get(row.runId)
    const request = await readRequest(this.session, row)
    const found = request === null || request.adopt !== undefined ? undefined : fingerprint(request.files)
    this.files.set(row.runId, found)
    const [oldest] = this.files.size > MOST_KEPT ? this.files.keys() : []
    if (oldest !== undefined) this.files.delete(oldest)
    return found
  }
}

async function filesAt(
  trees: Trees,
  sha: string,
  folder: string,
  pattern: string | undefined,
): Promise<MigrationRequest['files']> {
  const { tree } = await trees.commit(sha)
  const entry = await trees.entryAt(tree, folder)
  const below = entry?.type === 'tree' ? await trees.filesBelow(entry.sha) : []
  const files = below.filter(({ path }) => isMigrationName(path, pattern))
  const contents = await trees.read(files.filter(({ type }) => type === 'blob'))
  // A link in the place of a file holds the name that it leads to: no run has such a file.
  return files.map(({ path: name }, at) => ({ name, sha256: sha256(contents[at] ?? new Uint8Array()) }))
}

function fingerprint(files: readonly { name: string; sha256: string }[]): string {
  return sha256(
    JSON.stringify(
      files.map(({ name, sha256: hash }) => [name, hash]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ),
  )
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
