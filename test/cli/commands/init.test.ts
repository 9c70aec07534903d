import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectFolder } from '../../config/project-folder.js'
import { runCli, runJson } from '../run-cli.js'

const WRANGLER = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n'

describe('init --yes', () => {
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
