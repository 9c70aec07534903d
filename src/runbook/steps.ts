import type { Gate, Phase } from '../contract/names.js'

export type StepName = Exclude<Phase, 'closed'> | 'rehearse'

/** One step of the runbook: its heading there, and the longest time that it plans. Milliseconds. */
export interface RunbookStep {
  step: StepName
  title: string
  plannedMs?: number
  /** Gates that people decide within this step, in order. */
  gates: readonly Gate[]
}

const MINUTE = 60_000

/** In the runbook's order. Step 3 plans its upper bound, 60 minutes of "30-60". The rehearsal between 2 and 3 is ours. */
export const RUNBOOK_STEPS: readonly RunbookStep[] = [
  { step: 'prerequisites', title: 'Pre-Requisites', gates: ['team-lead'] },
  { step: 'checklist', title: 'Pre-Migration Checklist', gates: [] },
  { step: 'announce', title: 'Start of Migration', gates: [] },
  { step: 'backup', title: 'Step 1: Final Pre-Migration Backup', plannedMs: 15 * MINUTE, gates: [] },
  { step: 'status', title: 'Step 2: Migration Status Check', plannedMs: 5 * MINUTE, gates: [] },
  { step: 'rehearse', title: 'Rehearsal on the restored backup', gates: [] },
  {
    step: 'execute',
    title: 'Step 3: Execute Migration',
    plannedMs: 60 * MINUTE,
    gates: ['environment', 'connectivity', 'preflight', 'plan', 'final'],
  },
  {
    step: 'validate',
    title: 'Step 4: Post-Migration Validation',
    plannedMs: 15 * MINUTE,
    gates: ['team-confirmation'],
  },
  { step: 'monitor', title: 'Post-Migration Monitoring', gates: [] },
  { step: 'rollback', title: 'Rollback Procedures', gates: ['rollback'] },
  { step: 'close', title: 'Documentation Updates', gates: [] },
]

/** What each gate confirms, as the runbook's prompts have it. */
export const GATE_TITLES: Record<Gate, string> = {
  'team-lead': 'Team lead approval for migration',
  environment: 'Environment Verification: Confirm targeting production',
  connectivity: 'Database Connectivity: Verify connection established',
  preflight: 'Pre-flight Checks: All validations pass',
  plan: 'Migration Plan Review: Confirm migrations to apply',
  final: 'Final Confirmation',
  'team-confirmation': 'Team confirms system functionality',
  rollback: 'Rollback decision',
}

/** The gate's title for this environment: outside of production nobody confirms to be targeting production. */
export function gateTitle(gate: Gate, environment: string): string {
  return gate === 'environment'
    ? `Environment Verification: Confirm targeting ${environment}`
    : GATE_TITLES[gate]
}

export function stepTitle(step: string): string {
  return RUNBOOK_STEPS.find((known) => known.step === step)?.title ?? step
}

/** What the runbook plans for steps 1 to 4 together. Milliseconds. */
export const EXPECTED_DURATION_MS = RUNBOOK_STEPS.reduce((sum, { plannedMs }) => sum + (plannedMs ?? 0), 0)
