import { describe, expect, test } from 'vitest'
import { validateMigrations } from '../../../src/analysis/validate/validate.js'
import { withFix } from '../../../src/text/fix.js'
import { IS_FOLLOWED, NOT_FOLLOWED } from '../../corpus/search-followed.js'
import type { Scenario } from '../../corpus/scenario.js'
import { judgeScenario, migrationFile } from '../scenario-run.js'

const textOf = ({ migration }: Scenario): string => (typeof migration === 'string' ? migration : '')

describe('the triggers that FT102 offers', () => {
  const found = NOT_FOLLOWED.filter(({ codes }) => codes.includes('FT102'))

  test.each(found)('make the index follow: $name', async (scenario) => {
    const findings = await judgeScenario(scenario)
    const { fix } = findings.find(({ code }) => code === 'FT102') ?? {}
    expect(fix?.sql).toMatch(/CREATE TRIGGER/)
    const mended = fix === undefined ? '' : withFix(textOf(scenario), fix)
    const left = await judgeScenario({ ...scenario, migration: mended })
    expect(left.filter(({ code }) => code === 'FT102' || code === 'RH101')).toEqual([])
  })
})

describe('the files alone', () => {
  const judged = async (files: string[]): Promise<string[]> => {
    const named = files.map((sql, at) => migrationFile(`000${at + 1}_file.sql`, sql))
    const { findings } = await validateMigrations({ files: named })
    return findings
      .filter(({ code }) => code === 'FT102')
      .map(({ migration, severity }) => `${severity} ${migration}`)
  }
  const [insertOnly] = NOT_FOLLOWED
  const [all] = IS_FOLLOWED

  test('tell an index that does not follow', async () => {
    expect(await judged([insertOnly?.schema ?? '', textOf(insertOnly as Scenario)])).toEqual([
      'warning 0002_file.sql',
    ])
  })

  test('are silent where a later file brings the triggers that are missing', async () => {
    const [first = '', ...others] = textOf(all as Scenario).split(/(?=CREATE TRIGGER)/)
    expect(await judged([all?.schema ?? '', first, ...others])).toEqual([])
  })

  test('do not run a trigger that could go on for ever', async () => {
    const endless = `CREATE TRIGGER doc_x AFTER DELETE ON doc BEGIN DELETE FROM doc_fts WHERE rowid IN (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n); END;`
    expect(await judged([insertOnly?.schema ?? '', textOf(insertOnly as Scenario), endless])).toEqual([])
  })
})
