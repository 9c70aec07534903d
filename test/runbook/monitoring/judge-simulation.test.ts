import { expect, test } from 'vitest'
import { simulationTable, summarise, TRACES } from './judge-traces.js'

const SEEDS = 1000

/** The table is printed: it is what a reader of the defaults wants to know. */
test('over seeded traces: no false rollback on steady and noisy services, every real failure told', () => {
  const summaries = TRACES.map((trace) => summarise(trace, SEEDS))
  console.log(simulationTable(summaries))
  const of = (name: string): (typeof summaries)[number] | undefined =>
    summaries.find(({ trace }) => trace === name)

  for (const name of ['steady', 'noisy', 'spiky: 3 % at 10x', 'single spike'])
    expect(of(name), name).toMatchObject({ falseRollbacks: 0, seeds: SEEDS })
  for (const name of ['errors at 12 %', 'outage']) {
    expect(of(name), name).toMatchObject({ detected: SEEDS, worstDelay: 2, falseRollbacks: 0 })
  }
  expect(of('step to 3x')).toMatchObject({ detected: SEEDS, medianDelay: 2, falseRollbacks: 0 })
  expect(of('step to 3x')?.worstDelay).toBeLessThanOrEqual(4)
  expect(of('data stops')).toMatchObject({ detected: SEEDS, worstDelay: 3, falseRollbacks: 0 })
  expect(of('slow drift to 5x')?.detected).toBeGreaterThan(0.99 * SEEDS)
  expect(of('step to 3x, noisy')?.detected).toBeGreaterThan(0.99 * SEEDS)
  // Two of three answers slow, twice in a row, look like a failure; a level of 1.6 times is close to the limit of two.
  expect(of('spiky: 10 % at 20x')?.falseRollbacks).toBeLessThan(0.03 * SEEDS)
  expect(of('daily cycle, up to 1.6x')?.falseRollbacks).toBeLessThan(0.01 * SEEDS)
})

test('with one answer a checkpoint instead of three, spikes alone would ask for a rollback', () => {
  const [spiky] = TRACES.filter(({ name }) => name === 'spiky: 10 % at 20x').map((trace) =>
    summarise(trace, SEEDS, 1),
  )
  expect(spiky?.falseRollbacks).toBeGreaterThan(0.1 * SEEDS)
})
