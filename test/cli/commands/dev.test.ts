import { expect, test } from 'vitest'
import { nextCommand } from '../../../src/cli/commands/dev.js'
import type { Project } from '../../../src/config/project.js'
import { command } from '../../../src/contract/next-command.js'

const projectWith = (...names: string[]): Pick<Project, 'projectDir' | 'environments'> => ({
  projectDir: '/nowhere/to/be/found',
  environments: new Map(names.map((name) => [name, {} as never])),
})
const running = (environment: string, run: string) => (_project: unknown, asked: string) =>
  Promise.resolve(asked === environment ? run : undefined)

test.each([
  [['local', 'production'], 'local'],
  [['staging'], 'staging'],
  [[], 'local'],
])('beside a run under way of what would be started (%j: %s), it is watched', async (names, environment) => {
  const next = await nextCommand(projectWith(...names), running(environment, 'migration/x/1'))
  expect(next).toEqual({ ...command('watch'), run: 'migration/x/1' })
})

test.each([
  [['local', 'production'], undefined],
  [['staging', 'production'], 'staging'],
])('a run of another environment keeps none from being started (%j)', async (names, environment) => {
  const next = await nextCommand(projectWith(...names), running('production', 'migration/production/1'))
  expect(next).toEqual({
    ...command('start', '--wait'),
    ...(environment === undefined ? {} : { environment }),
  })
})
