/** Lines of the runbook's checklist that only a person can answer for. */
export const ATTESTATIONS = {
  'pull-request-reviewed': 'PR reviewed and approved',
  'plan-documented': 'Migration plan documented',
  'staging-tested': 'Migration tested in staging environment',
  'team-notified': 'Team notified of maintenance window',
  'rollback-plan-reviewed': 'Rollback plan reviewed',
} as const satisfies Record<string, string>

export type Attestation = keyof typeof ATTESTATIONS

export const ATTESTATION_NAMES = Object.keys(ATTESTATIONS) as Attestation[]
