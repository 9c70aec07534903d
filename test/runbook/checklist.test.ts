import { expect, test } from 'vitest'
import { renderChecklist } from '../../src/runbook/checklist.js'
import { sampleRun } from './sample-run.js'

test('while a gate is open: ticks so far, durations, and the command to type', () => {
  const base = sampleRun()
  const view = sampleRun({
    phase: 'execute',
    outcome: null,
    message: "waiting for the gate 'final'",
    monitoring: null,
    steps: base.steps.map((step) =>
      step.step === 'execute'
        ? { step: 'execute', state: 'running' }
        : ['validate', 'monitor', 'close'].includes(step.step)
          ? { step: step.step, state: 'waiting' }
          : step,
    ),
    migrations: base.migrations.map((one) => ({ ...one, state: 'pending', durationMs: null })),
    gates: base.gates.map((one) =>
      one.gate === 'final'
        ? { ...one, state: 'open', decisions: [], shows: ['Apply 2 migrations'] }
        : one.gate === 'team-confirmation'
          ? { ...one, state: 'waiting', decisions: [] }
          : one,
    ),
  })
  expect(renderChecklist(view, { timeZone: 'America/New_York' })).toMatchInlineSnapshot(`
    "**production**: art-archive (\`7d9b6a52-0f6e-4a3c-9d58-1f2f3a4b5c6d\`)

    execute: waiting for the gate 'final'

    👉 **Final Confirmation**

    - Approve: \`d1-runbook approve final --env production\`
    - Decline: \`d1-runbook reject final --env production\`
    - Apply 2 migrations

    **Runbook**

    - ✅ Pre-Requisites (1 min)
    - ↳ ✅ Team lead approval for migration (approved): Ann Noor approved
    - ✅ Pre-Migration Checklist (2 min)
    - ✅ Start of Migration (6 s)
    - ✅ Step 1: Final Pre-Migration Backup (5 min 54 s, planned 15 min): 54 MB, 12 tables
    - ✅ Step 2: Migration Status Check (30 s, planned 5 min): 1 applied, 2 pending
    - ✅ Rehearsal on the restored backup (3 min 30 s)
    - ▶️ Step 3: Execute Migration (planned 1 h)
    - ↳ ✅ Environment Verification: Confirm targeting production (approved): Ann Noor approved
    - ↳ ✅ Database Connectivity: Verify connection established (approved): Ann Noor approved
    - ↳ ✅ Pre-flight Checks: All validations pass (approved): Ann Noor approved
    - ↳ ✅ Migration Plan Review: Confirm migrations to apply (approved): Ann Noor approved
    - ↳ ⬜ Final Confirmation (open)
    - ↳ ⬜ \`0009_add_tags.sql\` (pending)
    - ↳ ⬜ \`0010_fill_tags.sql\` (pending)
    - ⬜ Step 4: Post-Migration Validation (planned 15 min)
    - ↳ ⬜ Team confirms system functionality (waiting)
    - ⬜ Post-Migration Monitoring
    - ⬜ Documentation Updates"
  `)
})

test('a finished run has every step ticked and its checkpoints counted', () => {
  const text = renderChecklist(sampleRun())
  expect(text).not.toContain('⬜')
  expect(text).not.toContain('👉')
  expect(text).toContain('Checkpoints: 34 of 34 (32 healthy, 1 degraded, 1 unknown, 1 of them late)')
})

test('a rollback shows only when there was one, a failed step stays unticked', () => {
  expect(renderChecklist(sampleRun())).not.toContain('Rollback Procedures')
  const failed = renderChecklist(
    sampleRun({
      steps: [
        { step: 'execute', state: 'failed' },
        { step: 'rollback', state: 'running' },
      ],
    }),
  )
  expect(failed).toContain('- ❌ Step 3: Execute Migration')
  expect(failed).toContain('- ▶️ Rollback Procedures')
})
