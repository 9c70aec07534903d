/** Settings that have another name in `runbook.config` or the Wrangler file than in a request; a path begins with one of them. */
const NAMES: Readonly<Record<string, string>> = {
  keepBackups: 'backup.keep',
  recentBackupMs: 'backup.maxAge',
  updateEveryMs: 'updateEvery',
  'monitoring.offsetsMs': 'monitoring.schedule',
  'monitoring.baselinePauseMs': 'monitoring.baselinePause',
  'target.production': 'production',
  'target.backupDir': 'backup.dir',
  'target.backupWay': 'backup.way',
  'target.backupExportHours': 'backup.exportHours',
  'target.backupExportHours.from': 'backup.exportHours',
  'target.backupExportHours.to': 'backup.exportHours',
  'target.backupExportHours.timeZone': 'timeZone',
  'target.backupMaxRowsRead': 'backup.maxRowsRead',
  'target.backupRecipients': 'backup.recipients',
  'target.workersPlan': 'workersPlan',
  'target.persistTo': 'persistTo',
  'target.accountId': 'accountId',
  'target.wranglerConfig': 'wranglerConfig',
  'target.wranglerEnv': 'wranglerEnv',
  'target.binding': 'database',
  'target.database.name': 'database_name',
  'target.database.id': 'database_id',
  'target.database.remote': 'remote',
  'target.migrationsDir': 'migrations_dir',
  'target.migrationsPattern': 'migrations_pattern',
  'target.migrationsTable': 'migrations_table',
}

const OF_A_GATE: Readonly<Record<string, string>> = { deadlineMs: 'deadline', remindersMs: 'reminders' }

/** The name under which somebody who reads the configuration finds it. What is not renamed stays. */
export function settingName(path: string): string {
  if (/^target\.storage(?:\.|$)/.test(path)) return path.slice('target.'.length)
  const named = Object.hasOwn(NAMES, path) ? NAMES[path] : undefined
  if (named !== undefined) return named
  const [, gate, rule = ''] = /^(policy\.gates\.[^.]+)\.(.+)$/.exec(path) ?? []
  const ruleName = Object.hasOwn(OF_A_GATE, rule) ? OF_A_GATE[rule] : undefined
  return gate === undefined || ruleName === undefined ? path : `${gate}.${ruleName}`
}
