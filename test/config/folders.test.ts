import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { charterOf } from '../../src/config/charter.js'
import { foldersOutside } from '../../src/config/folders.js'
import { loadProject, type Project } from '../../src/config/project.js'
import { resolveTarget } from '../../src/config/target.js'
import type { Target } from '../../src/contract/target.js'
import { projectFolder, THREE_ENVIRONMENTS } from './project-folder.js'

const elsewhere = (): string => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-elsewhere-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const loaded = (local: object, more: object = {}): Promise<Project> =>
  loadProject({
    projectDir: projectFolder({
      'wrangler.toml': THREE_ENVIRONMENTS,
      'runbook.config.json': JSON.stringify({ ...more, environments: { local } }),
    }),
  })

/** The target of `local`, in a project with links; what a link leads to is absolute. */
async function resolved(
  local: object,
  links: Record<string, string> = {},
  more: object = {},
): Promise<Target> {
  const project = await loaded(local, more)
  for (const [name, to] of Object.entries(links)) {
    mkdirSync(path.dirname(path.join(project.projectDir, name)), { recursive: true })
    symlinkSync(to.replace('PROJECT', project.projectDir), path.join(project.projectDir, name))
  }
  return resolveTarget(project, 'local')
}

describe('a relative folder of the configuration that is written to stays in the project', () => {
  test.each<[string, object, RegExp, Record<string, string>?, object?]>([
    [
      'archives above it',
      { backup: { dir: '../archives' } },
      /^environments\.local\.backup\.dir is "\.\.\/archives", which is outside of the project/,
    ],
    [
      'archives above it by a detour',
      { backup: { dir: 'a/../../../x' } },
      /backup\.dir is "a\/\.\.\/\.\.\/\.\.\/x", which is outside/,
    ],
    [
      'local state above it',
      { persistTo: '../other/.wrangler/state' },
      /^environments\.local\.persistTo is .*outside/,
    ],
    [
      'a storage above it',
      {},
      /^storage\.path is "\.\.", which is outside/,
      {},
      { storage: { kind: 'folder', path: '..' } },
    ],
    [
      'a storage of the environment',
      { storage: { kind: 'folder', path: '../s' } },
      /^environments\.local\.storage\.path is/,
    ],
    [
      'a link in place of the folder',
      { backup: { dir: 'archives' } },
      /"archives", where a link leads out of the project/,
      { archives: '/' },
    ],
    [
      'a link in place of the default',
      {},
      /backup\.dir is "backups", where a link leads out/,
      { backups: os.tmpdir() },
    ],
    [
      'a link on the way',
      { persistTo: 'a/b/state' },
      /persistTo is "a\/b\/state", where a link leads out/,
      { 'a/b': os.tmpdir() },
    ],
    [
      'a link that leads nowhere yet',
      { backup: { dir: 'b/c' } },
      /where a link leads out/,
      { b: '/nowhere/at/all' },
    ],
  ])('%s is refused', async (_what, local, message, links, more) => {
    await expect(resolved(local, links, more)).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringMatching(message),
      advice: expect.stringMatching(/absolute path in .*runbook\.config\.json/),
    })
  })

  test.each<[string, object, Record<string, string>?]>([
    ['the defaults', {}],
    ['folders below it', { backup: { dir: 'a/b' }, persistTo: './state' }],
    ['one whose name only begins with dots', { backup: { dir: '..archives' } }],
    ['a detour that ends below it', { backup: { dir: 'a/../backups' } }],
    ['the project itself', { backup: { dir: '.' } }],
    ['a link that stays in it', { backup: { dir: 'archives' } }, { archives: 'PROJECT' }],
  ])('%s: taken, and nothing is outside', async (_what, local, links) => {
    expect(foldersOutside(await resolved(local, links))).toEqual([])
  })
})

test('an absolute folder is taken, and told where it is outside of the project', async () => {
  const folder = elsewhere()
  const [archives, state] = [path.join(folder, 'archives'), path.join(folder, 'state')]
  const target = await resolved({ backup: { dir: archives }, persistTo: state })
  expect(target).toMatchObject({ backupDir: archives, persistTo: state })
  expect(foldersOutside(target)).toEqual([
    `Archives lie outside of the project: ${archives}`,
    `The local database lies outside of the project: ${state}`,
  ])
  const shared = await resolved({ backup: { dir: archives }, storage: { kind: 'folder', path: folder } })
  expect(foldersOutside(shared)).toEqual([`The storage lies outside of the project: ${folder}`])
})

test('a worker of a checkout does not serve an environment whose folder leads out of it, and serves the others', async () => {
  const { charter, unserved } = charterOf(await loaded({ backup: { dir: '../../x' } }), ['local', 'staging'])
  expect(charter.environments.map(({ target }) => target.environment)).toEqual(['staging'])
  expect(unserved).toMatchObject([{ environment: 'local', error: { type: 'ConfigInvalid' } }])
})
