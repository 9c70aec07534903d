import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defaultHome, contextFor } from '../../src/activities/worker-place.js'
import { requestFor } from '../workflows/request.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'd1 rünbook place '))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('keeps the files of a remote run in one folder, before and after the home exists', () => {
  const place = defaultHome({ home: path.join(folder, 'home') })
  const { target: local } = requestFor('id')
  const target = {
    ...local,
    projectDir: path.join(folder, 'elsewhere'),
    database: { ...local.database, remote: true },
  }
  const first = contextFor(place, target)
  mkdirSync(place.home)
  expect(contextFor(place, target)).toEqual(first)
  expect(first).toMatchObject({ folder: place.home, target: { projectDir: place.home } })
})

it('keeps them in the project where this machine has it', () => {
  const { target } = requestFor('id')
  const here = contextFor(defaultHome(), { ...target, projectDir: folder })
  expect(here.folder).toBe(path.join(folder, '.d1-runbook'))
})
