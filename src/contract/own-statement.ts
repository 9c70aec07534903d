/** Stands before each statement that we ask a remote database, so that its analytics tell ours from the application's. */
export const OWN_STATEMENT = '/* d1-runbook */'
