import { expect, it } from 'vitest'
import { readActivityInput, type DroppedField } from '../../src/contract/activity-inputs.js'
import { openWorld } from '../workflows/world.js'
import { requestFor } from '../workflows/request.js'

it('has a place for every field that our workflows send', () => {
  // Held by the compiler: a field that the schemas do not know would be lost on its way into an activity.
  const nothing: [DroppedField] extends [never] ? true : DroppedField = true
  expect(nothing).toBe(true)
})

it('takes no activity of this runbook without a target, but the one that finds it', () => {
  const { target } = requestFor('id')
  const names = Object.keys(openWorld().activities) as (keyof ReturnType<typeof openWorld>['activities'])[]
  const taken = names.filter(
    (name) => readActivityInput(name, { request: {}, target: { ...target, database: {} } }).ok,
  )
  expect(taken).toEqual(['admit'])
})
