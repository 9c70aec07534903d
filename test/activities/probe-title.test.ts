import { expect, test } from 'vitest'
import { probeTitle } from '../../src/activities/validate.js'
import { probeSchema } from '../../src/contract/monitoring.js'

test('only a probe that asks the application is called its health, and each kind is called something', () => {
  const kinds = probeSchema.options.map(({ shape }) => shape.kind.value)
  const titles = kinds.map((kind) => [kind, probeTitle(kind, 'x')] as const)
  expect(titles.filter(([, title]) => title === 'Application health: x').map(([kind]) => kind)).toEqual([
    'http',
  ])
  expect(titles.filter(([, title]) => title === 'Probe: x')).toEqual([])
  expect(probeTitle('of-another-version', 'x')).toBe('Probe: x')
})
