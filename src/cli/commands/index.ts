import type { Command } from 'commander'
import type { App } from '../terminal/app.js'

type Build = (app: App, summary: string) => Command

export interface CommandEntry {
  name: string
  /** Words that follow the name in the list of commands. */
  args?: string
  summary: string
  /** Its heading in the help. */
  group: (typeof GROUPS)[number]
  /** A command's file is read only when it is asked for: help and usage errors stay fast. */
  load: () => Promise<Build>
}

/** In the order of the help: what comes once, what comes with each file, then the night itself. */
export const GROUPS = [
  'Begin',
  'Files',
  'Look before',
  'Run',
  'Decide',
  'Steer',
  'Look at a run',
  'Serve',
] as const

/** In the order of the help, within each group. */
export const COMMANDS: CommandEntry[] = [
  {
    name: 'demo',
    group: 'Begin',
    summary: 'see a whole migration of a sample database',
    load: async () => (await import('./demo.js')).demoCommand,
  },
  {
    name: 'doctor',
    group: 'Begin',
    summary: 'check the prerequisites; a fix for each that fails',
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
  {
    name: 'init',
    group: 'Begin',
    summary: 'write a commented runbook.config by a few questions',
    load: async () => (await import('./init.js')).initCommand,
  },
  {
    name: 'validate',
    group: 'Files',
    summary: 'check the migration files: order, names, syntax, what they lose',
    load: async () => (await import('./validate.js')).validateCommand,
  },
  {
    name: 'status',
    group: 'Look before',
    summary: 'what is applied, what is pending, what does not fit',
    load: async () => (await import('./status.js')).statusCommand,
  },
  {
    name: 'plan',
    group: 'Look before',
    summary: 'rehearse the pending migrations on a copy of the database',
    load: async () => (await import('./plan.js')).planCommand,
  },
  {
    name: 'backup',
    group: 'Look before',
    summary: 'make, validate or restore a backup',
    load: async () => (await import('./backup.js')).backupCommand,
  },
  {
    name: 'lock',
    group: 'Files',
    summary: 'write checksums.json: an edited file is noticed',
    load: async () => (await import('./lock.js')).lockCommand,
  },
  {
    name: 'adopt',
    group: 'Files',
    summary: 'record what the database is proven to hold already',
    load: async () => (await import('./adopt.js')).adoptCommand,
  },
  {
    name: 'create',
    group: 'Files',
    args: '<name>',
    summary: 'write the next empty migration file',
    load: async () => (await import('./create.js')).createCommand,
  },
  {
    name: 'create-rollback',
    group: 'Files',
    summary: 'write the reverse of the newest applied migration',
    load: async () => (await import('./create-rollback.js')).createRollbackCommand,
  },
  {
    name: 'start',
    group: 'Run',
    summary: 'start the migration of an environment',
    load: async () => (await import('./start.js')).startCommand,
  },
  {
    name: 'adopt-run',
    group: 'Run',
    summary: 'go on from a run that Temporal lost in mid-migration',
    load: async () => (await import('./adopt-run.js')).adoptRunCommand,
  },
  {
    name: 'approve',
    group: 'Decide',
    args: '<gate>',
    summary: 'approve a gate of the run',
    load: async () => (await import('./decide.js')).approveCommand,
  },
  {
    name: 'reject',
    group: 'Decide',
    args: '<gate>',
    summary: 'decline a gate: the run ends and applies no more; at rollback the database is kept as it is',
    load: async () => (await import('./decide.js')).rejectCommand,
  },
  {
    name: 'rollback',
    group: 'Decide',
    summary: 'decide how the run goes back, or that it does not',
    load: async () => (await import('./rollback.js')).rollbackCommand,
  },
  {
    name: 'abort',
    group: 'Steer',
    summary: 'stop the run; what was applied stays and is told',
    load: async () => (await import('./signals.js')).abortCommand,
  },
  {
    name: 'supersede',
    group: 'Steer',
    summary: 'end the run because another plan takes its place',
    load: async () => (await import('./signals.js')).supersedeCommand,
  },
  {
    name: 'pause',
    group: 'Steer',
    summary: 'hold the run before its next step',
    load: async () => (await import('./signals.js')).pauseCommand,
  },
  {
    name: 'resume',
    group: 'Steer',
    summary: 'let a paused run go on',
    load: async () => (await import('./signals.js')).resumeCommand,
  },
  {
    name: 'report-issue',
    group: 'Steer',
    args: '<description>',
    summary: 'report a problem that users see; a major one can roll back',
    load: async () => (await import('./signals.js')).reportIssueCommand,
  },
  {
    name: 'observe',
    group: 'Steer',
    args: '<note>',
    summary: 'add an observation to the run; it goes into the report',
    load: async () => (await import('./signals.js')).observeCommand,
  },
  {
    name: 'show',
    group: 'Look at a run',
    args: '[id]',
    summary: 'the state of a run: steps, gates, what it waits for',
    load: async () => (await import('./show.js')).showCommand,
  },
  {
    name: 'watch',
    group: 'Look at a run',
    args: '[id]',
    summary: 'follow a run: steps, gate, checkpoints, latency',
    load: async () => (await import('./watch.js')).watchCommand,
  },
  {
    name: 'monitor',
    group: 'Look at a run',
    summary: 'check a migrated database now, beside the schedule',
    load: async () => (await import('./monitor.js')).monitorCommand,
  },
  {
    name: 'report',
    group: 'Look at a run',
    args: '[id]',
    summary: 'write the report of a run, at any time',
    load: async () => (await import('./report.js')).reportCommand,
  },
  {
    name: 'list',
    group: 'Look at a run',
    summary: 'all runs, newest first',
    load: async () => (await import('./list.js')).listCommand,
  },
  {
    name: 'calendar',
    group: 'Look at a run',
    summary: 'windows, freezes, deadlines and checkpoints as a calendar file',
    load: async () => (await import('./calendar.js')).calendarCommand,
  },
  {
    name: 'dev',
    group: 'Serve',
    summary: 'run a Temporal server, its UI and a worker for this project',
    load: async () => (await import('./dev.js')).devCommand,
  },
  {
    name: 'worker',
    group: 'Serve',
    summary: 'run a worker for a Temporal server that runs elsewhere',
    load: async () => (await import('./worker.js')).workerCommand,
  },
  {
    name: 'mcp',
    group: 'Serve',
    summary: 'tools for agents: prepare and propose, never decide',
    load: async () => (await import('./mcp.js')).mcpCommand,
  },
  {
    name: 'github',
    group: 'Serve',
    summary: 'plans as checks of pull requests, runs as deployments',
    load: async () => (await import('./github.js')).githubCommand,
  },
  {
    name: 'charter',
    group: 'Serve',
    summary: 'print what a worker of this project serves, for `worker --charter`',
    load: async () => (await import('./charter.js')).charterCommand,
  },
  {
    name: 'serve',
    group: 'Serve',
    summary: 'the web console: read runs, decide with a passkey',
    load: async () => (await import('./serve.js')).serveCommand,
  },
  {
    name: 'enroll',
    group: 'Serve',
    args: '<person>',
    summary: 'a link to make a passkey; ends in a publicKeys line',
    load: async () => (await import('./enroll.js')).enrollCommand,
  },
  {
    name: 'slack',
    group: 'Serve',
    summary: 'the manifest of the Slack app whose messages ask for decisions',
    load: async () => (await import('./slack.js')).slackCommand,
  },
  {
    name: 'codec-server',
    group: 'Serve',
    summary: 'let the Temporal UI read what is encrypted',
    load: async () => (await import('./codec-server.js')).codecServerCommand,
  },
]
