import type { Admission } from './admission.js'
import type { Adoption } from './adoption.js'
import type { Announcement, AnnouncementPlace, Channel } from './announcement.js'
import type { Ask } from './ask.js'
import type { BackupRecord, Sealing } from './backup.js'
import type { Finding } from './finding.js'
import type { Baseline, Checkpoint, MonitoringPlan, Probe, Sampling, Thresholds } from './monitoring.js'
import type { Permission } from './permission.js'
import type { Proposer } from './provenance.js'
import type { Plan, PlanBound, PlannedMigration, RowChange } from './plan.js'
import type { Bundle, Check, CommandRecord, MigrationRequest, MigrationResult, RunView } from './run.js'
import type { Status } from './status.js'
import type { RollbackCost, Since } from './rollback.js'
import type { MigrationRef, Target } from './target.js'

/**
 * An answer with the commands that were run for it, those of earlier attempts too. A failure carries them in its details.
 */
export type Audited<T> = T & { commands?: CommandRecord[] }

/** A request without the bytes of its files, which each activity that takes them checks by their hashes. */
export type RequestClaim = Omit<MigrationRequest, 'bundle'>

export interface AdmitActivities {
  /**
   * Holds a request against the charter of the worker: `effective` is what the run goes on with. Throws `NotAdmitted` for one that cannot
   * be read, where the charter does not serve its target or the workflow has not its name,
   * and for migration files that would not be unpacked.
   */
  admit(input: {
    request: unknown
    bundle?: Bundle | undefined
  }): Promise<Admission & { effective: RequestClaim }>
}

/**
 * What the workflow asks of the outside world: one object in, one object out. The workflow imports only these types;
 * `src/activities` implements them. Every activity may run more than once.
 */
export interface ReadActivities {
  /** Tool versions, authentication, target proof, environment variables. Throws `ChecksFailed` naming what failed. */
  checkPrerequisites(input: {
    target: Target
    dashboardUrl?: string
    channels: Channel[]
    /** Their headers may name variables of the worker. */
    probes?: Probe[]
  }): Promise<Audited<{ checks: Check[] }>>
  /** Ledger against files, read from the database. */
  readStatus(input: { target: Target; files: MigrationRef[] }): Promise<Audited<Status>>
  /** One round of the probes: `select 1` and the database's identity. Throws `Network` or `WrongTarget`. */
  checkConnectivity(input: {
    target: Target
  }): Promise<Audited<{ latencyMs: number; database: string; accountId?: string }>>
  /** The Time Travel bookmark of now; none of a local database. */
  readBookmark(input: { target: Target }): Promise<Audited<{ bookmark?: string }>>
  /** Ledger, fingerprint as rehearsed, health, connectivity. */
  validateMigration(input: {
    target: Target
    plan: Plan
    probes: Probe[]
  }): Promise<Audited<{ checks: Check[]; passed: boolean }>>
  runCheckpoint(input: {
    target: Target
    probes: Probe[]
    thresholds: Thresholds
    baseline: Baseline
    expected: { schemaFingerprint: string; ledger: string[] }
    number: number
    plannedAt: string
    late: boolean
    /** The checkpoints before this one, at least the last four: several samples tell a shift from noise. */
    history?: Pick<Checkpoint, 'results'>[]
    /** ISO 8601: since when the queries of the baseline are counted on the migrated database. Absent: they are not looked at. */
    since?: string
    /** Absent: as the schedule has it, at real time. */
    sampling?: Sampling
    /** Name of the disk that the run's archive is on: a worker of another one says nothing of backups. Absent: all reach them. */
    disk?: string
  }): Promise<Checkpoint>
}

export interface SlowActivities {
  /** The pre-migration checklist: lint of the files, staging proof, recent backup, rollback plan. */
  runChecklist(input: {
    target: Target
    files: MigrationRef[]
    bundle: Bundle
    evidence: Check[]
    checksums?: Record<string, string>
    recentBackupMs: number
    stagingEnvironment?: string
  }): Promise<Audited<{ checks: Check[]; findings: Finding[]; pending?: MigrationRef[] }>>
  /** Export, restore into a scratch, compare, archive, prune. */
  createBackup(input: {
    target: Target
    files: MigrationRef[]
    keep: number
    /** Archives that the run named before: with the new one they are kept until its report of the end is written. */
    held?: { by: string; files: string[] }
    /** Before a way back: it is read by rows where an export may not begin now. */
    urgent?: boolean
  }): Promise<Audited<BackupRecord>>
  /** Runs the pending files on the restored copy and says what they change. */
  rehearse(input: {
    target: Target
    files: MigrationRef[]
    bundle: Bundle
    backup: BackupRecord
    status: Status
    queries?: { name: string; sql: string }[]
    checksums?: Record<string, string>
    overlooked?: string[]
    /** Bound into the plan's hash; absent: the hash is of the plan alone, as in runs of earlier versions. */
    requester?: string
    proposedBy?: Proposer
  }): Promise<Plan>
  /** Which pending files the database holds already, proven on the restored backup; the hash is what approvals are bound to. */
  proveAdoption(input: {
    target: Target
    files: MigrationRef[]
    bundle: Bundle
    backup: BackupRecord
    requester: string
    proposedBy?: Proposer
    through?: string
  }): Promise<Audited<{ adoption: Adoption; planHash: string; bound: PlanBound }>>
  /**
   * What a run left that Temporal no longer knows: the archive of before, the files since rehearsed on it, the database as it is. `archive`:
   * the one that is meant, by its name; absent: the newest that fits.
   */
  findLostRun(input: {
    runKey: string
    target: Target
    files: MigrationRef[]
    bundle: Bundle
    requester: string
    proposedBy?: Proposer
    archive?: string
  }): Promise<
    Audited<{
      status: Status
      backup: BackupRecord
      plan: Plan
      /** The run that holds the archive and never let go of it, and since when; absent: an archive that was named, and that none holds. */
      lost?: { run: string; since: string }
      /** Where the schema is not the one that the plan leads to: what is otherwise than the files of the ledger leave it. */
      others?: Since
    }>
  >
  takeBaseline(input: { target: Target; monitoring: MonitoringPlan }): Promise<Baseline>
  /**
   * Keeps what a run needs that waits for people: its hold on these archives, and its files, are as of now. One that is gone stays gone: the run
   * says so where it needs it.
   */
  keepNeeds(input: {
    target: Target
    runKey: string
    archives: string[]
    bundle: Bundle
  }): Promise<Audited<{ kept: number }>>
  /** The archive behind a plan is there, as it was. Throws `BackupInvalid`. For where an apply may run on another worker than that has it. */
  checkArchive(input: {
    target: Target
    backup: Pick<BackupRecord, 'file' | 'sha256'>
  }): Promise<Audited<{ place: string }>>
  /**
   * Seals the archives that only this run holds, and a lost one that it went on from and carried out, to the recipients of the charter.
   * Throws `DiskFull`, what the store throws.
   */
  sealArchives(input: { target: Target; runKey: string; wentOnFrom?: string }): Promise<Audited<Sealing>>
}

export interface RollbackActivities {
  /**
   * Scenario 1 and 2: writes the reverse of what was applied and rehearses it, forward and back, on the restored backup.
   * Absent `migration`: no reverse could be written; `price` says why. `file` is it, to read before deciding.
   */
  prepareReverse(input: {
    runKey: string
    target: Target
    files: MigrationRef[]
    bundle: Bundle
    backup: BackupRecord
    ledgerBefore: string[]
    applied: string[]
    /** ISO 8601: gives the file its date. */
    at: string
    /** What the database holds by now: the reverse is tried on it too, and the price counts what was written since. */
    current?: BackupRecord
    /** Rows that the plan predicted. */
    planned?: RowChange[]
    /** Of the times in the price. Absent from older runs: UTC. */
    timeZone?: string
    /** Decisions are signed for the plan's own reverse: no file of the folder can be it. */
    ownOnly?: true
  }): Promise<
    Audited<{
      bundle?: Bundle
      migration?: PlannedMigration
      price: string[]
      /** The price as numbers, where they were counted. */
      cost?: RollbackCost
      /** The moment of the database that the price was counted on. Absent: of the archive alone. ISO 8601, UTC. */
      countedAt?: string
      file?: string
      /** The reverse is a file that lies in the migrations folder. */
      ofFolder?: true
      /** Files of the folder that are called a reverse, and why they are none. */
      others?: { name: string; why: string }[]
      /** What others wrote since the archive: what Time Travel and a restore lose. Absent in what older workers answered. */
      writtenSince?: Since
    }>
  >
  /**
   * The reverse of all files of the plan, as it stands in the plan: without the archive, for where that cannot be had any more. Nothing is
   * rehearsed again and nothing counted. Absent `migration`: the schema is not the one that it goes behind; `price` says so.
   */
  reverseOfPlan(input: {
    runKey: string
    target: Target
    files: MigrationRef[]
    ledger: string[]
    /** ISO 8601: gives the file its date. */
    at: string
    plan: Pick<Plan, 'rollback' | 'schemaFingerprint' | 'predictedFingerprint'>
    /** Why the archive cannot be had: what was written since it cannot be counted. */
    noArchive: string
  }): ReturnType<RollbackActivities['prepareReverse']>
  /**
   * What others wrote since the archive, as {@link Since}: once more behind the decision, which may come hours after the ways were counted. As
   * closely as `backup.maxRowsRead` allows. What cannot be told is `unknown`, never thrown.
   */
  countWrittenSince(input: {
    target: Target
    runKey: string
    files: MigrationRef[]
    bundle: Bundle
    backup: BackupRecord
    /** Names of the files that were applied. */
    applied: string[]
  }): Promise<Audited<{ writtenSince: Since }>>
  /**
   * After a way back was taken: how the database differs from the archive of before the migration, as closely as `backup.maxRowsRead`
   * allows. What cannot be told is `unknown`, never thrown.
   */
  compareAfterRollback(input: {
    target: Target
    runKey: string
    backup: BackupRecord
  }): Promise<Audited<{ compared: Since }>>
}

export interface MutateActivities {
  /**
   * Writes their ledger rows, all or none, and reads them back. Safe to run again. Throws `Drifted` where ledger or schema are not those
   * of the proof, `Frozen` where a freeze of the charter holds.
   */
  recordAdoption(input: {
    target: Target
    names: string[]
    ledgerBefore: string[]
    schemaFingerprint: string
    runKey: string
    permission?: Permission
  }): Promise<Audited<{ adopted: string[] }>>
  /** Time Travel to the bookmark; `previousBookmark` undoes it. Remote only. */
  travelBack(input: {
    target: Target
    bookmark: string
    /** The bookmark of before: given, nothing is tried twice, since the caller reads back what a try did. */
    departure?: string
    /** What the database must show afterwards. */
    expectedFingerprint: string
    /** Where the policy requires signatures. */
    permission?: Permission
  }): Promise<Audited<{ previousBookmark: string; schemaFingerprint: string }>>
  /** Puts the content of a verified archive back in place of what the database holds. */
  restoreFromBackup(input: {
    target: Target
    backup: BackupRecord
    runKey: string
    permission?: Permission
  }): Promise<Audited<{ schemaFingerprint: string; safetyCopy?: string }>>
  /**
   * Applies one file and proves the outcome from the ledger and the fingerprint. Safe to run again at any point.
   * Throws `Drifted` when the database is neither as before this file nor as after it, and `BackupInvalid`, before it looks at the database,
   * where the archive of the plan is gone or another; `Frozen`, having begun nothing, where a freeze of the charter holds and it is no way back.
   */
  applyMigration(input: {
    target: Target
    bundle: Bundle
    migration: PlannedMigration
    /** Names in the ledger before this file. */
    ledgerBefore: string[]
    runKey: string
    /** A way back, which no freeze holds up. Where signatures are required, the permission says so and this nothing. */
    act?: 'reverse-migration'
    permission?: Permission
    /** The archive behind the plan, which must be there as it was. Absent: nobody looks, as in runs of earlier versions. */
    rehearsedOn?: Pick<BackupRecord, 'file' | 'sha256'>
  }): Promise<Audited<MigrationResult>>
}

export interface TellActivities {
  announce(input: {
    runKey: string
    target: Target
    channels: Channel[]
    message: Omit<Announcement, 'deliveries'>
    /** Of channels that keep a run together, once its first message is there. */
    places?: AnnouncementPlace[]
    /** Of a message that asks for a decision. */
    asks?: Ask
    /** Of one that says that a gate is not asked for any more: the messages that did. */
    asked?: { channel: string; ts: string }[]
    /** Names of the channels that it is for; absent: all. */
    only?: string[]
  }): Promise<Announcement['deliveries']>
  /** Markdown (and HTML) report into the run's folder; returns the paths. */
  writeReport(input: {
    runKey: string
    target: Target
    view: RunView
    plan: Plan | null
    baseline: Baseline | null
    /** Absent: the runbook's. */
    thresholds?: Thresholds
    /** IANA zone of the times shown; UTC where absent. */
    timeZone?: string
    /** Key of the lost run that this one has carried out: nobody goes on from it any more. */
    wentOnFrom?: string
  }): Promise<{ files: string[] }>
  /** `MIGRATIONS.md`, `checksums.json` and metrics of the project, where the worker has it. */
  updateDocuments(input: {
    target: Target
    view: RunView
    timeZone: string
    /** The files of an adoption, which `view.adopted` has by name. */
    adopted?: MigrationRef[]
  }): Promise<{ files: string[] }>
  /** The file of a reverse migration that was applied, into the project where the worker has it. */
  keepReverseMigration(input: {
    runKey: string
    target: Target
    bundle: Bundle
    migration: MigrationRef
  }): Promise<{ files: string[] }>
  /** `migration-failure-state.json` and `migration-failure.log`. */
  writeFailureFiles(input: {
    runKey: string
    target: Target
    view: RunView
    files: MigrationRef[]
  }): Promise<{ files: string[] }>
}

export type RunbookActivities = AdmitActivities &
  ReadActivities &
  SlowActivities &
  RollbackActivities &
  MutateActivities &
  TellActivities
