import { describe, expect, it } from 'vitest'
import { openContext } from '../../src/config/context.js'
import { projectFolder } from './project-folder.js'

const env = (name: string, id: number, more = ''): string =>
  `[[env.${name}.d1_databases]]\nbinding = "DB"\ndatabase_name = "${name}"\ndatabase_id = "0000000${id}-0000-0000-0000-000000000000"\n${more}\n`
const open = (toml: string, name = 'local', filesOnly = true) =>
  openContext(
    { project: projectFolder({ 'wrangler.toml': toml }), env: name },
    { touchesDatabase: !filesOnly, filesOnly },
  )

describe('a project with only [env.*] databases', () => {
  it('needs no environment where nothing but the files matters', async () => {
    const { target } = await open(env('staging', 1) + env('production', 2))
    expect(target.migrationsDir).toMatch(/migrations$/)
  })

  it.each([
    ['their folders differ', env('staging', 1, 'migrations_dir = "a"') + env('production', 2)],
    ['their ledgers differ', env('staging', 1, 'migrations_table = "a"') + env('production', 2)],
  ])('must be told which one where %s', async (_what, toml) => {
    await expect(open(toml)).rejects.toMatchObject({
      type: 'ConfigInvalid',
      advice: 'Say which: --env staging, or --env production.',
    })
  })

  it('names the choice where a database is meant', async () => {
    await expect(open(env('staging', 1) + env('production', 2), 'local', false)).rejects.toMatchObject({
      type: 'EnvironmentUnknown',
      message: expect.stringContaining('no database at its top level'),
      advice: expect.stringContaining('--env staging, or --env production'),
    })
  })

  it('writes a name as a shell takes it', async () => {
    await expect(
      open(env('staging', 1).replace('env.staging', 'env."we ird"'), 'local', false),
    ).rejects.toMatchObject({
      advice: expect.stringContaining('Say which: --env "we ird".'),
    })
  })

  it('does not take one for another that was named', async () => {
    await expect(open(env('staging', 1), 'production')).rejects.toMatchObject({ type: 'EnvironmentUnknown' })
  })

  it('takes the local one where there is one', async () => {
    const local = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "here"\n\n'
    expect((await open(local + env('staging', 1, 'migrations_dir = "a"'))).target.environment).toBe('local')
  })
})
