import { expect, test } from 'vitest'
import { HARMLESS } from '../../corpus/harmless.js'
import { rehearseScenario } from '../scenario-run.js'

test('SQ108 fires on a live schema that the files do not produce, and is silent where they do', async () => {
  const [harmless] = HARMLESS
  if (harmless === undefined) throw new Error('the corpus is empty')
  const drifted = await rehearseScenario({ ...harmless, rows: 'CREATE TABLE by_hand (a);' })
  expect(drifted.findings.map(({ code, severity }) => [code, severity])).toEqual([['SQ108', 'info']])
  expect(drifted.findings[0]?.message).toContain('by_hand')
  expect((await rehearseScenario(harmless)).findings).toEqual([])
})
