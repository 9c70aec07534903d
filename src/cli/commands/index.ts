import type { Command } from 'commander'
import type { App } from '../terminal/app.js'

type Build = (app: App, summary: string) => Command

export interface CommandEntry {
  name: string
  /** Words that follow the name in the list of commands. */
  args?: string
  summary: string
  /** A command's file is read only when it is asked for: help and usage errors stay fast. */
  load: () => Promise<Build>
}

/** In the order of the help. */
export const COMMANDS: CommandEntry[] = [
  {
    name: 'demo',
    summary: 'see a whole migration of a sample database',
    load: async () => (await import('./demo.js')).demoCommand,
  },
  {
    name: 'doctor',
    summary: 'check the prerequisites, with the fix for each one that fails',
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
  {
    name: 'init',
    summary: 'write a commented runbook.config by a few questions',
    load: async () => (await import('./init.js')).initCommand,
  },
  {
    name: 'validate',
    summary: 'check the migration files: order, names, syntax, what they lose',
    load: async () => (await import('./validate.js')).validateCommand,
  },
  {
    name: 'status',
    summary: 'what is applied, what is pending, what does not fit',
    load: async () => (await import('./status.js')).statusCommand,
  },
  {
    name: 'plan',
    summary: 'rehearse the pending migrations on a copy of the database',
    load: async () => (await import('./plan.js')).planCommand,
  },
  {
    name: 'backup',
    summary: 'make, validate or restore a backup',
    load: async () => (await import('./backup.js')).backupCommand,
  },
  {
    name: 'lock',
    summary: 'write migrations/checksums.json, so that an edited file is noticed',
    load: async () => (await import('./lock.js')).lockCommand,
  },
  {
    name: 'adopt',
    summary: 'record files that the database holds already, proven; for one that was made without its ledger',
    load: async () => (await import('./adopt.js')).adoptCommand,
  },
  {
    name: 'create',
    args: '<name>',
    summary: 'write the next empty migration file',
    load: async () => (await import('./create.js')).createCommand,
  },
  {
    name: 'create-rollback',
    summary: 'write the reverse of the newest applied migration, with the rows of an archive from before it',
    load: async () => (await import('./create-rollback.js')).createRollbackCommand,
  },
  {
    name: 'start',
    summary: 'start the migration of an environment',
    load: async () => (await import('./start.js')).startCommand,
  },
  {
    name: 'approve',
    args: '<gate>',
    summary: 'approve a gate of the run',
    load: async () => (await import('./decide.js')).approveCommand,
  },
  {
    name: 'reject',
    args: '<gate>',
    summary: 'decline a gate: the run ends, nothing more is applied',
    load: async () => (await import('./decide.js')).rejectCommand,
  },
  {
    name: 'rollback',
    summary: 'decide how the run goes back, or that it does not',
    load: async () => (await import('./rollback.js')).rollbackCommand,
  },
  {
    name: 'abort',
    summary: 'stop the run; what was applied stays and is told',
    load: async () => (await import('./signals.js')).abortCommand,
  },
  {
    name: 'supersede',
    summary: 'end the run because another plan takes its place',
    load: async () => (await import('./signals.js')).supersedeCommand,
  },
  {
    name: 'pause',
    summary: 'hold the run before its next step',
    load: async () => (await import('./signals.js')).pauseCommand,
  },
  {
    name: 'resume',
    summary: 'let a paused run go on',
    load: async () => (await import('./signals.js')).resumeCommand,
  },
  {
    name: 'report-issue',
    args: '<description>',
    summary: 'report a problem that users see; a major one can roll back',
    load: async () => (await import('./signals.js')).reportIssueCommand,
  },
  {
    name: 'observe',
    args: '<note>',
    summary: 'add an observation to the run; it goes into the report',
    load: async () => (await import('./signals.js')).observeCommand,
  },
  {
    name: 'show',
    args: '[id]',
    summary: 'the state of a run: steps, gates, what it waits for',
    load: async () => (await import('./show.js')).showCommand,
  },
  {
    name: 'watch',
    args: '[id]',
    summary: 'follow a run: steps, gate, checkpoints, latency',
    load: async () => (await import('./watch.js')).watchCommand,
  },
  {
    name: 'monitor',
    summary: 'check a migrated database now, beside the schedule',
    load: async () => (await import('./monitor.js')).monitorCommand,
  },
  {
    name: 'report',
    args: '[id]',
    summary: 'write the report of a run, at any time',
    load: async () => (await import('./report.js')).reportCommand,
  },
  {
    name: 'list',
    summary: 'all runs, newest first',
    load: async () => (await import('./list.js')).listCommand,
  },
  {
    name: 'dev',
    summary: 'run a Temporal server, its UI and a worker for this project',
    load: async () => (await import('./dev.js')).devCommand,
  },
  {
    name: 'worker',
    summary: 'run a worker for a Temporal server that runs elsewhere',
    load: async () => (await import('./worker.js')).workerCommand,
  },
]
