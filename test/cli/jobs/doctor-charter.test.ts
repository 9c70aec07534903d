import { describe, expect, test } from 'vitest'
import { charterOfWorkers } from '../../../src/cli/jobs/doctor-charter.js'
import { charterOf } from '../../../src/config/charter.js'
import { loadProject } from '../../../src/config/project.js'
import { resolveTarget } from '../../../src/config/target.js'
import { serviceOf } from '../../../src/runbook/charter/service.js'
import { projectFolder } from '../../config/project-folder.js'

const TOML = `[[d1_databases]]
binding = "DB"
database_name = "shop"
database_id = "11111111-2222-4333-8444-555555555555"
`

/** The project as it is, and the first digits of the hash of what it says. */
async function project(config = '{}') {
  const loaded = await loadProject({
    projectDir: projectFolder({ 'wrangler.toml': TOML, 'runbook.config.json': config }),
  })
  const [served] = serviceOf([charterOf(loaded, ['local']).charter]).values()
  return { loaded, target: resolveTarget(loaded, 'local'), hash: (served?.charterHash ?? '').slice(0, 12) }
}

describe('the charter of the workers that poll, beside what the project says', () => {
  test('of every worker the same: said with its hash', async () => {
    const { loaded, target, hash } = await project()
    const seen = charterOfWorkers(loaded, target, [[hash], ['0'.repeat(12), hash]])
    expect(seen).toEqual({ state: 'passed', message: `what this project says here and now (${hash})` })
  })

  test('of before a change is told, whatever the change was', async () => {
    const { hash: before } = await project()
    for (const config of [
      '{"timeZone": "Asia/Tokyo"}',
      '{"people": [{"name": "Ada", "roles": ["team-lead"]}]}',
      '{"channels": []}',
      '{"variables": ["PAGER"]}',
      '{"environments": {"local": {"production": true}}}',
    ]) {
      const { loaded, target } = await project(config)
      expect(charterOfWorkers(loaded, target, [[before]])).toMatchObject({
        state: 'warned',
        message: expect.stringContaining('no worker that polls is held to what this project says'),
      })
    }
  })

  test.each([
    ['one of two', (hash: string) => [[hash], ['0'.repeat(12)]], 'warned', 'only 1 of 2 workers that poll'],
    ['none polls', () => [], 'skipped', 'no worker polls'],
    [
      'one does not tell',
      (hash: string) => [[hash], undefined],
      'skipped',
      'a worker polls that does not tell it',
    ],
    ['one serves nothing that it tells', () => [[]], 'warned', 'no worker that polls is held'],
  ])('%s', async (_, charters, state, says) => {
    const { loaded, target, hash } = await project()
    expect(charterOfWorkers(loaded, target, charters(hash))).toMatchObject({
      state,
      message: expect.stringContaining(says),
    })
  })
})
