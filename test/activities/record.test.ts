import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeReport } from '../../src/activities/record.js'
import { defaultHome, contextFor } from '../../src/activities/worker-place.js'
import { hold, holdersOf } from '../../src/d1/backup/holds.js'
import { productionTarget } from './production-target.js'
import { sampleBaseline, samplePlan, sampleRun } from '../runbook/sample-run.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'd1 rapport é-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the report of a run is in its own time zone and has its own thresholds', async () => {
  const target = productionTarget(folder)
  const here = contextFor(defaultHome({ home: folder, env: {}, print: () => undefined }), target)
  const write = async (settings: object): Promise<[string, string, string]> => {
    const view = sampleRun({ outcome: 'rolled-back' })
    const { files } = await writeReport(here, {
      runKey: 'run-1',
      target,
      view,
      plan: samplePlan(),
      baseline: sampleBaseline(),
      ...settings,
    })
    expect(files.map((file) => path.basename(file))).toEqual(['report.md', 'report.html', 'incident.md'])
    const [markdown = '', html = '', incident = ''] = files.map((file) => readFileSync(file, 'utf8'))
    return [markdown, html, incident]
  }
  const thresholds = {
    responseTimeFactor: 40,
    responseTimeFloorMs: 250,
    errorRateIncrease: 0.05,
    consecutiveBreaches: 2,
    unknownsBeforeAlert: 3,
  }
  for (const text of await write({ thresholds, timeZone: 'America/Vancouver' })) {
    expect(text).toContain('2026-03-07 19:00:00 PST')
    expect(text).not.toContain('UTC')
  }
  const [, wide] = await write({ thresholds })
  const [, usual] = await write({})
  // Forty times the median of the baseline, against twice.
  expect(wide).toContain('rollback threshold 8340 ms')
  expect(usual).toContain('rollback threshold 417 ms')
})

test.each([
  ['failed', ['applied', 'absent'], 'D1 says no', true],
  ['is half applied', ['partial', 'not-executed'], undefined, true],
  ['was not tried', ['not-executed', 'not-executed'], undefined, false],
] as const)(
  'a run that people ended with a file that %s has an incident report where one is due',
  async (_, states, error, due) => {
    const target = productionTarget(folder)
    const here = contextFor(defaultHome({ home: folder, env: {}, print: () => undefined }), target)
    const migrations = sampleRun().migrations.map((one, at) => ({
      ...{ ...one, state: states[at] ?? ('pending' as const) },
      ...(error !== undefined && at === 1 ? { error } : {}),
    }))
    const view = sampleRun({ outcome: 'aborted', failure: null, migrations })
    const report = { runKey: 'run-1', target, plan: samplePlan(), baseline: sampleBaseline() }
    const { files } = await writeReport(here, { ...report, view })
    expect(files.some((file) => path.basename(file) === 'incident.md')).toBe(due)
  },
)

test('the last report of a run lets its archives go, one before that does not', async () => {
  const target = productionTarget(folder)
  const here = contextFor(defaultHome({ home: folder, env: {}, print: () => undefined }), target)
  const { backupDir } = here.target
  mkdirSync(backupDir, { recursive: true })
  const archive = path.join(backupDir, 'backup-production-2026-03-01-120000.zip')
  await hold(backupDir, { by: 'run-1', files: [archive] })
  const { closedAt, ...underWay } = sampleRun({ outcome: 'completed' })
  const report = { runKey: 'run-1', target, plan: samplePlan(), baseline: sampleBaseline() }
  await writeReport(here, { ...report, view: underWay })
  expect(await holdersOf(archive)).toMatchObject([{ run: 'run-1' }])
  await writeReport(here, { ...report, view: { ...underWay, closedAt: closedAt ?? '2026-03-08T03:00:00Z' } })
  expect(await holdersOf(archive)).toEqual([])

  // A run that carried a lost one out ends that one's hold too, and no other.
  for (const by of ['lost', 'run-2', 'other']) await hold(backupDir, { by, files: [archive] })
  const ended = { ...underWay, closedAt: closedAt ?? '2026-03-08T03:00:00Z' }
  await writeReport(here, { ...report, runKey: 'run-2', view: ended, wentOnFrom: 'lost' })
  expect(await holdersOf(archive)).toMatchObject([{ run: 'other' }])
})
