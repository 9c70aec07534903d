import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { charterOf, projectCharter } from '../../src/config/charter.js'
import { readCharters } from '../../src/config/charter-file.js'
import { serviceOf } from '../../src/runbook/charter/service.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'd1 rünbook charter '))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, content: string | object): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const database = (binding: string, name: string, id?: string): object => ({
  binding,
  database_name: name,
  ...(id === undefined ? {} : { database_id: id }),
})

function writeProject(environments: Record<string, object[]>, config: object = {}): void {
  const env = Object.entries(environments).map(([name, entries]) => [name, { d1_databases: entries }])
  write('wrangler.json', { d1_databases: [database('DB', 'dev', 'local-id')], env: Object.fromEntries(env) })
  write('runbook.config.json', config)
}

describe('the charter of a project', () => {
  it('has every environment, and every database that could be named in it', async () => {
    writeProject(
      { production: [database('DB', 'art', 'uuid-1'), database('LOG', 'log', 'uuid-2')] },
      { variables: ['PAGER'], people: [{ name: 'Ada', roles: ['dba'] }] },
    )
    const { charter, unserved } = await projectCharter(folder)
    expect(unserved).toEqual([])
    expect(charter.environments.map(({ target }) => [target.environment, target.database.id])).toEqual([
      ['local', 'local-id'],
      ['production', 'uuid-1'],
      ['production', 'uuid-2'],
    ])
    expect(charter.variables).toEqual(['PAGER'])
    expect(charter.environments[1]?.people.map(({ name }) => name)).toEqual(['Ada'])
    expect(serviceOf([charter]).size).toBe(3)
  })

  it('leaves out and tells what cannot be proven to be one database', async () => {
    writeProject({ production: [database('DB', 'art')], staging: [database('DB', 'art', 'uuid-1')] })
    const { charter, unserved } = await projectCharter(folder)
    expect(charter.environments.map(({ target }) => target.environment)).toEqual(['local', 'staging'])
    expect(unserved.map(({ environment, error }) => [environment, error.type])).toEqual([
      ['production', 'ConfigInvalid'],
    ])
  })

  it('refuses an environment that there is not', async () => {
    writeProject({})
    const { project } = await projectCharter(folder)
    expect(() => charterOf(project, ['produktion'])).toThrow(/There is no environment "produktion"/)
  })
})

describe('a charter as a file', () => {
  it('says the same as the project that wrote it; a folder stands for the files in it', async () => {
    writeProject({ production: [database('DB', 'art', 'uuid-1')] })
    const { charter } = await projectCharter(folder)
    const file = write('charters/one.json', charter)
    expect(await readCharters(file)).toEqual([charter])
    expect(await readCharters(path.dirname(file))).toEqual([charter])
  })

  it.each([
    ['is not there', undefined, /holds no charter: there is no such file/],
    ['is no JSON', '{', /holds no charter/],
    ['is something else', { people: [] }, /holds no charter/],
    [
      'has a word that nobody reads',
      { version: 1, environments: [], variabels: [] },
      /- variabels: unknown setting\. Did you mean "variables"\? Allowed: version, environments, variables\./,
    ],
    ['is of a version to come', { version: 2, environments: [] }, /- version: found 2, allowed: 1\./],
    ['has no list', { version: 1, environments: {} }, /- environments: found \{\}, allowed: array\./],
    [
      'has half an environment',
      { version: 1, environments: [{ people: 'Ada' }] },
      /- environments\[0\]\.people: found "Ada", allowed: array\./,
    ],
  ])('one that %s is refused by name', async (_what, content, message) => {
    const file = path.join(folder, 'charter.json')
    if (content !== undefined) write('charter.json', content)
    await expect(readCharters(file)).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringMatching(message),
    })
  })

  it('one whose texts would stand as lines of ours is refused by their place', async () => {
    writeProject({ production: [database('DB', 'art', 'uuid-1')] }, { people: [{ name: 'Ada' }] })
    const { charter } = await projectCharter(folder)
    const [own] = charter.environments
    const environments = [{ ...own, people: [{ name: 'Ada\n✔ all clear', roles: [], publicKeys: [] }] }]
    await expect(readCharters(write('charter.json', { ...charter, environments }))).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining('environments[0].people[0].name: found "Ada\\n'),
    })
  })

  it('an empty folder is no charter', async () => {
    await expect(readCharters(folder)).rejects.toMatchObject({ type: 'ConfigInvalid' })
  })
})
