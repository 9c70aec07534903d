import { describe, expect, test } from 'vitest'
import { COSTLY } from '../../corpus/cost.js'
import type { Scenario } from '../../corpus/scenario.js'
import { SEARCH_LOST } from '../../corpus/search.js'
import { judgeScenario } from '../scenario-run.js'

async function findingOf(scenario: Scenario, code: string) {
  const findings = await judgeScenario(scenario)
  return findings.find((finding) => finding.code === code)
}

/** The SQL of an advice: all after its first line. */
function pasted(advice: string | undefined): string {
  return advice?.split('\n').slice(1).join('\n') ?? ''
}

function textOf({ migration }: Scenario): string {
  return typeof migration === 'string' ? migration : Object.values(migration).join('\n')
}

describe('what an advice gives to paste does what it says', () => {
  test.each(COSTLY)('before the file, the missing index makes it cheap: $name', async (scenario) => {
    const advice = pasted((await findingOf(scenario, 'RH102'))?.advice)
    expect(advice).toContain('CREATE INDEX')
    // A table that the file itself makes is indexed there.
    const migration = `${advice}\n${textOf(scenario)}`
    expect(await findingOf({ ...scenario, migration }, 'RH102')).toBeUndefined()
  })

  const mismatched = SEARCH_LOST.filter(
    ({ codes, name }) =>
      codes.includes('FT101') && !name.startsWith('the content') && !name.startsWith('a column of'),
  )
  test.each(mismatched)(
    'at the end of the file, the refill makes the search whole: $name',
    async (scenario) => {
      const advice = pasted((await findingOf(scenario, 'FT101'))?.advice)
      expect(advice).toContain('INSERT INTO')
      const migration = `${textOf(scenario)}\n${advice}`
      expect(await findingOf({ ...scenario, migration }, 'FT101')).toBeUndefined()
    },
  )
})
