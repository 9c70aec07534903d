import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'

/**
 * `<project>/.d1-runbook/dev.json`: which embedded server belongs to this project. It exists while somebody runs one,
 * and is left behind when they were killed. `address` and `pid` are absent until the server answers.
 */
const devRecordSchema = z.object({
  /** Process that started the server and stops it. */
  ownerPid: z.number().int().positive(),
  startedAt: z.string(),
  /** Process of the server itself. */
  pid: z.number().int().positive().optional(),
  /** Absolute path of its SQLite file, by which the process is recognised. */
  dbFile: z.string().optional(),
  address: z.string().optional(),
  uiUrl: z.string().optional(),
  namespace: z.string().optional(),
})
export type DevRecord = z.infer<typeof devRecordSchema>

/** Folder of what we keep in a project. */
export function stateFolder(projectDir: string): string {
  return path.join(projectDir, '.d1-runbook')
}

export function devRecordFile(projectDir: string): string {
  return path.join(stateFolder(projectDir), 'dev.json')
}

/** The record, or undefined where there is none or it is no record of ours (half-written by an older version). */
export function readDevRecord(projectDir: string): DevRecord | undefined {
  return readRecord(devRecordFile(projectDir))
}

/** Claims the project for this process. False when somebody else's record is there. */
export function claimDevRecord(projectDir: string, record: DevRecord): boolean {
  mkdirSync(stateFolder(projectDir), { recursive: true })
  const whole = `${devRecordFile(projectDir)}.${record.ownerPid}.claim`
  writeFileSync(whole, toText(record))
  try {
    // A link appears with its contents; an exclusive write would show an empty file for a moment.
    linkSync(whole, devRecordFile(projectDir))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(whole, { force: true })
  }
}

export function replaceDevRecord(projectDir: string, record: DevRecord): void {
  const half = `${devRecordFile(projectDir)}.${record.ownerPid}.tmp`
  writeFileSync(half, toText(record))
  renameSync(half, devRecordFile(projectDir))
}

/** Removes the record when it is still the one of `ownerPid`. */
export function releaseDevRecord(projectDir: string, ownerPid: number): void {
  if (readDevRecord(projectDir)?.ownerPid === ownerPid) rmSync(devRecordFile(projectDir), { force: true })
}

/**
 * Takes a dead owner's record away. The rename is atomic: of two who try, one succeeds. Returns false when the file that
 * was moved is not the one that was judged, and gives it back.
 */
export function discardDevRecord(projectDir: string, judged: DevRecord | undefined): boolean {
  const file = devRecordFile(projectDir)
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  } catch {
    return false
  }
  const moved = readRecord(aside)
  if (moved?.ownerPid !== judged?.ownerPid || moved?.startedAt !== judged?.startedAt) {
    renameSync(aside, file)
    return false
  }
  rmSync(aside, { force: true })
  return true
}

function readRecord(file: string): DevRecord | undefined {
  try {
    return devRecordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data
  } catch {
    return undefined
  }
}

function toText(record: DevRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`
}
