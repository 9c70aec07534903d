/** What `init` asks; everything may be left out. */
export interface InitAnswers {
  timeZone?: string
  teamLead?: string
  administrator?: string
  healthUrl?: string
  testCommand?: string
  wranglerConfig?: string
}

/** A commented configuration that is valid as it is. */
export function configTemplate(answers: InitAnswers, format: 'ts' | 'mjs'): string {
  const { timeZone = 'UTC', testCommand, wranglerConfig } = answers
  const lines = [
    ...(format === 'ts' ? [`import type { RunbookConfigInput } from 'd1-runbook'`, ''] : []),
    ...(format === 'mjs' ? [`/** @type {import('d1-runbook').RunbookConfigInput} */`] : []),
    'export default {',
    ...setting(
      'wranglerConfig',
      wranglerConfig,
      'Wrangler file, where it is not beside this one',
      'src/workers/wrangler.toml',
    ),
    '  // Times in messages are in this zone',
    `  timeZone: ${quote(timeZone)},`,
    '',
    ...setting('testCommand', testCommand, "The project's own tests, run before each start", 'npm test'),
    '  // Succeeds when the pull request is approved, in place of an attestation by a person',
    `  // reviewCommand: 'node scripts/pull-request-approved.mjs',`,
    '',
    '  // Who may decide what. Names are compared with the actor of a decision (default: git user.name).',
    '  // With two or more people who hold roles, production asks two different ones for `plan` and `final`.',
    '  people: [',
    ...person(answers.teamLead, 'team-lead'),
    ...person(answers.administrator, 'database-administrator'),
    `    // { name: 'Grace Hopper', roles: ['on-call'], contact: '+1 555 0100' },`,
    '  ],',
    '',
    '  // Shown in every emergency message',
    '  contacts: [',
    `    // { role: 'On-Call Engineer', name: 'Grace Hopper', contact: '+1 555 0100' },`,
    '  ],',
    '',
    '  // Where announcements go. Secrets stay in environment variables of the worker: only their names stand here.',
    '  channels: [',
    `    { kind: 'terminal' },`,
    `    // { kind: 'slack', webhookUrlEnv: 'RUNBOOK_SLACK_WEBHOOK' },`,
    `    // { kind: 'webhook', urlEnv: 'RUNBOOK_WEBHOOK', secretEnv: 'RUNBOOK_WEBHOOK_SECRET' },`,
    `    // { kind: 'slack-app', tokenEnv: 'RUNBOOK_SLACK_TOKEN', channel: 'C0123456789' },`,
    `    // { kind: 'email', server: 'smtps://smtp.example.com:465', userEnv: 'RUNBOOK_MAIL_USER', passwordEnv: 'RUNBOOK_MAIL_PASSWORD', from: 'runbook@example.com', to: ['team@example.com'] },`,
    `    // { kind: 'file', path: 'announcements.log' },`,
    '  ],',
    '',
    '  environments: {',
    '    production: {',
    ...healthLines(answers.healthUrl),
    `      // stagingEnvironment: 'staging', // the same files must have been migrated there before`,
    `      // dashboardUrl: 'https://example.com/dashboard',`,
    `      // backup: { dir: 'backups', keep: 14, maxAge: '24h' },`,
    '      // policy: {',
    '      //   gates: {',
    `      //     plan: { approvals: 2, deadline: '4h', reminders: ['1h'], escalateTo: ['team-lead'] },`,
    '      //   },',
    '      //   automaticRollback: false,',
    '      // },',
    '      // monitoring: {',
    '      //   thresholds: { responseTimeFactor: 2, errorRateIncrease: 0.05, consecutiveBreaches: 2 },',
    `      //   probes: [{ kind: 'sql', name: 'users exist', sql: 'SELECT count(*) > 0 FROM users', expect: 1 }],`,
    '      // },',
    '    },',
    '  },',
    format === 'ts' ? '} satisfies RunbookConfigInput' : '}',
    '',
  ]
  return lines.join('\n')
}

function setting(key: string, value: string | undefined, comment: string, example: string): string[] {
  return [
    `  // ${comment}`,
    value === undefined ? `  // ${key}: ${quote(example)},` : `  ${key}: ${quote(value)},`,
    '',
  ]
}

function person(name: string | undefined, role: string): string[] {
  return name === undefined ? [] : [`    { name: ${quote(name)}, roles: [${quote(role)}] },`]
}

function healthLines(url: string | undefined): string[] {
  const comment = '      // Asked at every checkpoint for 24 hours, against a baseline taken before'
  return [
    comment,
    url === undefined
      ? `      // healthUrl: 'https://example.com/health',`
      : `      healthUrl: ${quote(url)},`,
  ]
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', ' ')}'`
}
