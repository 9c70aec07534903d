import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../../config/project-folder.js'
import { runCli, runJson } from '../run-cli.js'

const WRANGLER = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n'

describe('init --yes', () => {
  it.each([
    ['a top-level database', WRANGLER, /doctor$/],
    [
      'production alone',
      '[[env.production.d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\ndatabase_id = "00000000-0000-4000-8000-000000000001"\n',
      /doctor --env production$/,
    ],
    ['a Wrangler file that cannot be read', '[[', /doctor$/],
  ])('of a project with %s names a next command that works there', async (_what, wrangler, next) => {
    const { stdout } = await runCli(
      ['init', '--yes', '--format', 'mjs'],
      projectFolder({ 'wrangler.toml': wrangler }),
    )
    expect(stdout.trim()).toMatch(next)
  })

  it('in an empty folder writes the config, and says what is missing', async () => {
    const folder = projectFolder()
    const { code, stderr } = await runCli(['init', '--yes', '--format', 'mjs'], folder)
    expect({ code, written: existsSync(path.join(folder, 'runbook.config.mjs')) }).toEqual({
      code: 0,
      written: true,
    })
    expect(stderr).toMatch(/Missing: a Wrangler file .* with a d1_databases entry/)
  })

  it.each([
    ['here', 'wrangler.toml'],
    ['below', 'src/workers/wrangler.toml'],
  ])('says nothing is missing where a Wrangler file is %s', async (_where, file) => {
    const { json } = await runJson(['init', '--yes', '--format', 'mjs'], projectFolder({ [file]: WRANGLER }))
    expect(json).toMatchObject({ success: true, missing: [] })
  })
})
