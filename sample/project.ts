import { existsSync } from 'node:fs'
import { cp, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunbookError } from '../src/contract/failures.js'

/** The demo leaves these for the run: an additive one, a data migration, a rebuild. */
const PENDING = 3

export const SAMPLE_DATABASES = {
  local: { id: '7d5c2a0e-3f1b-4c86-9a47-5b0e8d1f2c31', name: 'art-archive' },
  staging: { id: 'c4e9b6d2-8a57-4f03-b1de-62f7a90c5e84', name: 'art-archive-staging' },
  production: { id: '1f8a3b57-d640-4e9c-8c25-a7d93e06b4f2', name: 'art-archive-production' },
} as const

/** Where this package keeps `wrangler.jsonc` and `migrations/`: above `sample/` in sources, above `dist/` when built. */
export function sampleRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url))
  while (!existsSync(path.join(folder, 'wrangler.jsonc'))) {
    const above = path.dirname(folder)
    if (above === folder) {
      throw new RunbookError(
        'ProjectNotFound',
        'The sample project is missing: no wrangler.jsonc above the code.',
        {
          advice: 'Install d1-runbook again, or give the folder that holds wrangler.jsonc and migrations/.',
        },
      )
    }
    folder = above
  }
  return folder
}

/** The sample's files in apply order. */
export async function sampleMigrations(root: string): Promise<{ applied: string[]; pending: string[] }> {
  const names = (await readdir(path.join(root, 'migrations'))).filter((name) => name.endsWith('.sql')).sort()
  return { applied: names.slice(0, -PENDING), pending: names.slice(-PENDING) }
}

/** Refuses a folder that already holds a project: another run may be working in it. */
export async function startProject(to: string, root: string): Promise<void> {
  if (existsSync(path.join(to, 'wrangler.jsonc')) || existsSync(path.join(to, 'migrations'))) {
    throw new RunbookError('ConfigInvalid', `${to} already holds a project.`, {
      advice: 'Give an empty folder, or remove that one when no run uses it any more.',
    })
  }
  await mkdir(path.join(to, 'migrations'), { recursive: true })
  await cp(path.join(root, 'wrangler.jsonc'), path.join(to, 'wrangler.jsonc'))
}

export async function copyMigrations(names: string[], root: string, to: string): Promise<void> {
  for (const name of names) {
    await cp(path.join(root, 'migrations', name), path.join(to, 'migrations', name))
  }
}
