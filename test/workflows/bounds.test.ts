import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { LIMITS } from '../../src/contract/limits.js'
import { gateOpen, until, useSkippingServer } from './skipping.js'
import { requestFor } from './request.js'
import { openWorld } from './world.js'

const server = useSkippingServer()
const HUGE = 'x'.repeat(1_500_000)

it('three texts of 1.5 MB, and a pause and an issue as long, are cut and told; the run can be read and aborted', async () => {
  const view = await server.migrate(openWorld(), requestFor(randomUUID()), async (handle) => {
    await until(handle, gateOpen('team-lead'))
    for (let count = 1; count <= 3; count += 1) await handle.signal('observe', { note: HUGE, actor: 'Bea' })
    await handle.signal('reportIssue', { severity: 'major', description: HUGE, actor: HUGE })
    await handle.signal('pause', { actor: 'Bea', reason: HUGE })
    const seen = await until(handle, ({ paused }) => paused)
    for (const { note } of seen.observations) {
      expect(note.length).toBeLessThanOrEqual(LIMITS.text)
      expect(note).toContain('(cut: 1,500,000 characters)')
    }
    expect(seen.observations).toHaveLength(3)
    // So many are kept, and the rest is counted.
    for (let count = 4; count <= 210; count += 1)
      await handle.signal('observe', { note: `${count}`, actor: 'Bea' })
    for (let count = 2; count <= 53; count += 1)
      await handle.signal('reportIssue', { severity: 'minor', description: `${count}`, actor: 'Bea' })
    const full = await until(handle, ({ issuesBeyond = 0 }) => issuesBeyond === 3)
    expect([full.observations.length, full.observationsBeyond, full.issues.length]).toEqual([200, 10, 50])
    await handle.signal('abort', { actor: 'Bea', reason: HUGE })
    return handle.result()
  })
  expect(view.outcome).toBe('aborted')
  expect(JSON.stringify(view).length).toBeLessThan(2_000_000)
})
