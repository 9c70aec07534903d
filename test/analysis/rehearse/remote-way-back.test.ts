import { expect, test } from 'vitest'
import { SHOP, type Scenario } from '../../corpus/scenario.js'
import { remoteTriggers } from '../../../src/d1/sql/remote-triggers.js'
import { rehearseScenario } from '../scenario-run.js'

const LINES = `CREATE TRIGGER posts_t AFTER INSERT ON posts
BEGIN -- why
  INSERT INTO log VALUES ('now', 'a  b');
END;`
const DROPPED = `${[1, 2, 3, 4, 5, 6].map((n) => `DROP TABLE n${n};`).join('\n')}\nDROP TRIGGER posts_t;`
const TABLES = [1, 2, 3, 4, 5, 6].map((n) => `CREATE TABLE n${n} (a);`).join('\n')

function dropping(trigger: string, remote: boolean): Scenario {
  return {
    ...{ name: 'drop', schema: `${SHOP}\n${TABLES}\n${trigger}`, rows: '', migration: DROPPED, remote },
    ...{ verdict: 'acknowledge', codes: [] },
  }
}

test('the way back makes a trigger of several lines again on one, word for word, behind whatever stands before it', async () => {
  const { rollback } = await rehearseScenario(dropping(LINES, true))
  expect(rollback.available).toBe(true)
  expect(rollback.sql).toContain(`BEGIN /* why */ INSERT INTO log VALUES ('now', 'a  b'); END;`)
  expect(remoteTriggers(rollback.sql ?? '')).toEqual([])
})

test('where remote D1 would cut the trigger apart there is no way back by a migration, and the plan says why', async () => {
  const lower = LINES.replace('BEGIN', 'begin')
  const { rollback } = await rehearseScenario(dropping(lower, true))
  expect(rollback.available).toBe(false)
  expect(rollback.price[0]).toContain('posts_t again as it was, and remote D1 cuts it apart')
  const local = await rehearseScenario(dropping(lower, false))
  expect(local.rollback.available).toBe(true)
  expect(local.rollback.sql).toContain('begin')
})
