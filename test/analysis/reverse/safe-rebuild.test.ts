import { expect, test } from 'vitest'
import { plain } from '../../../src/contract/command-line.js'
import { SHOP, SHOP_ROWS } from '../../corpus/scenario.js'
import { BLOCKING } from '../../corpus/blocking.js'
import { rehearseScenario } from '../scenario-run.js'

test('the rewrite that DL101 advises is itself a migration that raises nothing', async () => {
  const [unsafe] = BLOCKING
  if (unsafe === undefined) throw new Error('the corpus is empty')
  const plan = await rehearseScenario(unsafe)
  const advice = plan.findings.find(({ code, table }) => code === 'DL101' && table === 'posts')?.advice ?? ''
  const [, ...lines] = plain(advice).split('\n')
  expect(lines.join('\n')).toContain('CREATE TABLE "__hold_comments"')
  const safe = await rehearseScenario({
    name: 'the advice',
    schema: SHOP,
    rows: SHOP_ROWS,
    migration: lines.join('\n'),
    verdict: 'ok',
    codes: [],
  })
  expect(safe.findings).toEqual([])
  expect(safe.predictedFingerprint).toBe(plan.predictedFingerprint)
  expect(safe.rows).toEqual(safe.rows.map((row) => ({ ...row, after: row.before })))
})
