import fc from 'fast-check'

/** What random inputs are drawn from: the same in every run, so that one which fails by chance cannot; others by D1_RUNBOOK_SEED. */
export const SEED = Number(process.env['D1_RUNBOOK_SEED'] ?? 20_260_301)

// A failing property says its seed itself.
fc.configureGlobal({ seed: SEED })

export { fc }
