import { createHash } from 'node:crypto'
import { z } from 'zod'
import { RunbookError } from '../contract/failures.js'
import { visible } from '../text/visible.js'
import { ask, type GitHub } from './send.js'

export const SHA = /^[0-9a-f]{40}$/
export const shaSchema = z.string().regex(SHA)

const commitSchema = z.object({
  sha: shaSchema,
  tree: z.object({ sha: shaSchema }),
  parents: z.array(z.object({ sha: shaSchema })),
})
const treeSchema = z.object({
  truncated: z.boolean(),
  tree: z.array(z.object({ path: z.string(), mode: z.string(), type: z.string(), sha: shaSchema })),
})
const blobSchema = z.object({ encoding: z.literal('base64'), content: z.string() })

const NEEDS = 'contents: read'
/** Asked at a time. */
const AT_ONCE = 6
/** Enough for every migration of a project, some times over. */
const MOST_KEPT = 5_000

export interface Commit {
  sha: string
  tree: string
  parents: string[]
}

export interface Entry {
  /** Below the folder that was asked for, with `/`. */
  path: string
  /** Git's: `100644` and `100755` are files, `120000` is a link. */
  mode: string
  type: string
  sha: string
}

/**
 * What commits of a repository hold, read through the API: nothing is checked out, and no code of it is run. Git names content by its hash, so what was read once
 * is kept, and bytes that this process has already, such as those of its own checkout, are not asked for.
 */
export class Trees {
  private readonly commits = new Map<string, Promise<Commit>>()
  private readonly trees = new Map<string, Promise<Entry[]>>()
  private readonly blobs = new Map<string, Promise<Uint8Array>>()
  private readonly github: GitHub

  constructor(github: GitHub) {
    this.github = github
  }

  /** Bytes that are at hand; they are asked for no more. */
  know(bytes: Uint8Array): void {
    this.blobs.set(blobSha(bytes), Promise.resolve(bytes))
  }

  commit(sha: string): Promise<Commit> {
    return this.once(this.commits, sha, async () => {
      const path = ['git', 'commits', sha]
      const { tree, parents, ...commit } = await ask(this.github, { path, needs: NEEDS }, commitSchema)
      return { ...commit, tree: tree.sha, parents: parents.map((parent) => parent.sha) }
    })
  }

  /** Commit at the tip of a branch. */
  async tip(branch: string): Promise<string> {
    const refSchema = z.object({ object: z.object({ type: z.literal('commit'), sha: shaSchema }) })
    // A branch may be called `a/b`: its slashes part the path.
    const path = ['git', 'ref', 'heads', ...branch.split('/')]
    return (await ask(this.github, { path, needs: NEEDS }, refSchema)).object.sha
  }

  /** What a commit's tree has at a path below its root; undefined where there is nothing. */
  async entryAt(root: string, path: string): Promise<Entry | undefined> {
    let found: Entry | undefined = { path: '', mode: '040000', type: 'tree', sha: root }
    for (const part of path.split('/').filter((each) => each !== '')) {
      if (found?.type !== 'tree') return undefined
      found = (await this.list(found.sha, false)).find((entry) => entry.path === part)
    }
    return found
  }

  /** All that is below a folder, and no folder. */
  async filesBelow(tree: string): Promise<Entry[]> {
    return (await this.list(tree, true)).filter(({ type }) => type !== 'tree')
  }

  /** Bytes of the files, in the order of `entries`. */
  async read(entries: readonly Entry[]): Promise<Uint8Array[]> {
    const found: Uint8Array[] = []
    for (let at = 0; at < entries.length; at += AT_ONCE)
      found.push(...(await Promise.all(entries.slice(at, at + AT_ONCE).map(({ sha }) => this.blob(sha)))))
    return found
  }

  private list(sha: string, recursive: boolean): Promise<Entry[]> {
    return this.once(this.trees, `${sha} ${recursive}`, async () => {
      const search = recursive ? { search: { recursive: '1' } } : {}
      const path = ['git', 'trees', sha]
      const { tree, truncated } = await ask(this.github, { path, needs: NEEDS, ...search }, treeSchema)
      if (!truncated) return tree
      throw new RunbookError(
        'ConfigInvalid',
        'GitHub lists a folder of the repository only in part: it holds too much.',
        { advice: 'Give the migrations a folder of their own.' },
      )
    })
  }

  private blob(sha: string): Promise<Uint8Array> {
    return this.once(this.blobs, sha, async () => {
      const { content } = await ask(this.github, { path: ['git', 'blobs', sha], needs: NEEDS }, blobSchema)
      const bytes = Buffer.from(content, 'base64')
      if (blobSha(bytes) === sha) return bytes
      throw new RunbookError('Network', `What GitHub sent as ${visible(sha)} is not what git calls so.`, {
        advice: 'Run it again.',
      })
    })
  }

  /** What failed is asked again the next time. */
  private once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
    const known = kept.get(key)
    if (known !== undefined) return known
    const made = make().catch((error: unknown) => {
      kept.delete(key)
      throw error
    })
    kept.set(key, made)
    const [oldest] = kept.size > MOST_KEPT ? kept.keys() : []
    if (oldest !== undefined) kept.delete(oldest)
    return made
  }
}

/** How git names the content of a file. */
export function blobSha(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex')
}
