/** What the worker registers. */
export { productionMigration } from './migration.js'
export { postMigrationMonitoring } from './monitoring.js'
export { scheduledBackup } from './scheduled-backup.js'
