import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { MockActivityEnvironment } from '@temporalio/testing'
import { expect, it } from 'vitest'
import { boundTo } from '../../src/activities/rehearse.js'
import { permitMigration, sha256Of } from '../../src/activities/permission.js'
import { contextFor, defaultHome } from '../../src/activities/worker-place.js'
import type { PlanBound } from '../../src/contract/plan.js'
import type { RecordedDecision } from '../../src/contract/run.js'
import { archiveName } from '../../src/d1/backup/archive-names.js'
import { hashOf } from '../../src/runbook/charter/charter-hash.js'
import { decisionText } from '../../src/runbook/people/signature.js'
import { localTarget } from '../d1/local-target.js'
import { newSshKey } from '../runbook/people/ssh-keys.js'
import { samplePlan } from '../runbook/sample-run.js'
import { requestFor } from '../workflows/request.js'

const RUN = { workflowId: 'migration/local/local-art', runId: 'run 1' }
const GATES = ['team-lead', 'environment', 'connectivity', 'preflight', 'plan', 'final'] as const
const bea = newSshKey()

it('a signed apply that keeps to itself which archive it was rehearsed on is held to one with those bytes', async () => {
  const target = localTarget()
  const migration = {
    name: '0001_a.sql',
    sha256: 'a'.repeat(64),
    fingerprintBefore: 'x',
    fingerprintAfter: 'y',
  }
  const bound: PlanBound = {
    ...{ version: 2, content: 'c', charterHash: 'a charter', requester: 'Ada', environment: 'local' },
    ...{ databaseId: 'local-art', migrations: [migration], ledger: [], backupSha256: sha256Of('archive') },
  }
  const gates = GATES.map((gate) => {
    const planHash = gate === 'team-lead' ? {} : { planHash: hashOf(bound) }
    const decision = { gate, decision: 'approve', actor: 'Bea', decisionId: gate, ...planHash } as const
    const { gate: _gate, ...kept } = decision
    const signature = bea.sign(decisionText(RUN, decision))
    const recorded: RecordedDecision = { ...kept, at: '2026-01-01T00:00:00Z', signature }
    return { gate, decisions: [recorded] }
  })
  const { policy } = requestFor('local-art')
  const people = [{ name: 'Bea', roles: ['dba'], publicKeys: [bea.publicKey] }]
  const charter = {
    environment: { policy: { ...policy, requireSignatures: true }, people, target },
    charterHash: 'a charter',
  }
  const planned = { ...migration, statements: 1, durationMs: 0 }
  const bundle = { encoding: 'gzip-base64', data: '' } as const
  const input = { target, bundle, migration: planned, ledgerBefore: [], runKey: 'run' }
  const here = contextFor(defaultHome({ env: {} }), target)
  const ask = (rehearsedOn?: { file: string; sha256: string }) =>
    new MockActivityEnvironment({ workflowExecution: RUN }).run(() =>
      permitMigration(
        here,
        { ...input, permission: { act: 'apply', bound, gates }, ...(rehearsedOn && { rehearsedOn }) },
        charter,
        new AbortController().signal,
      ),
    )

  await expect(ask()).rejects.toMatchObject({
    type: 'BackupInvalid',
    message: expect.stringContaining('not in'),
  })
  mkdirSync(target.backupDir)
  const file = path.join(target.backupDir, archiveName('local', new Date(0)))
  writeFileSync(file, 'another')
  await expect(ask()).rejects.toMatchObject({ type: 'BackupInvalid' })
  await expect(ask({ file, sha256: sha256Of('another') })).rejects.toMatchObject({ type: 'NotAdmitted' })
  // A run of an earlier version, whose archive is where it was.
  writeFileSync(file, 'archive')
  await ask()
  await ask({ file, sha256: sha256Of('archive') })
  rmSync(file)
  await expect(ask()).rejects.toMatchObject({ type: 'BackupInvalid' })
})

it('the plan of a proposal is bound to its agent, and that of every other run is bound as it was', () => {
  const backup = {
    ...{ file: 'backup.zip', sha256: 'b', sizeBytes: 1, createdAt: '2026-01-01T00:00:00Z', verified: true },
    ...{ tables: [], schemaFingerprint: 'x', durationMs: 1 },
  }
  const boundBy = (said: { proposedBy?: { agent: string } }) =>
    boundTo(samplePlan(), { requester: 'Ada', charterHash: 'a charter', backup, ...said })
  const [person, one, other] = [
    boundBy({}),
    boundBy({ proposedBy: { agent: 'a 1' } }),
    boundBy({ proposedBy: { agent: 'a 2' } }),
  ]
  expect(Object.keys(person.bound ?? {})).not.toContain('proposedBy')
  expect(one.bound).toEqual({ ...person.bound, proposedBy: { agent: 'a 1' } })
  expect(new Set([person, one, other].map(({ planHash }) => planHash)).size).toBe(3)
})
