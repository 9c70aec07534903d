/** `D1_RUNBOOK_FULL=1`: matrices run whole. Without it each runs a part, so that every change can be tested in minutes. */
export const FULL = process.env['D1_RUNBOOK_FULL'] === '1'
