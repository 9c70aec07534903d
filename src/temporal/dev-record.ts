import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { stateFolder } from '../process/state-folder.js'

/**
 * `<project>/.d1-runbook/dev.json`: which embedded server belongs to this project. It exists while somebody runs one,
 * and is left behind when they were killed. `address` and `pid` are absent until the server answers.
 */
const devRecordSchema = z.object({
  /** Process that started the server and stops it. */
  ownerPid: z.number().int().positive(),
  /** When that process began, as the system says it (`startOf`): its number may be another's by now. */
  ownerStart: z.string().optional(),
  startedAt: z.string(),
  /** Real path of the project that it was written for: a copy of the project carries it along. */
  projectDir: z.string().optional(),
  /** Process of the server itself. */
  pid: z.number().int().positive().optional(),
  /** When that process began. */
  start: z.string().optional(),
  /** Absolute path of its SQLite file, which stands in its command line. */
  dbFile: z.string().optional(),
  address: z.string().optional(),
  uiUrl: z.string().optional(),
  namespace: z.string().optional(),
})
export type DevRecord = z.infer<typeof devRecordSchema>

export function devRecordFile(projectDir: string): string {
  return stateFolder(projectDir, 'dev.json')
}

/** The record, or undefined where there is none or it is no record of ours (half-written by an older version). */
export function readDevRecord(projectDir: string): DevRecord | undefined {
  return readRecord(devRecordFile(projectDir))
}

/** Whole or not at all. */
export function writeDevRecord(projectDir: string, record: DevRecord): void {
  mkdirSync(stateFolder(projectDir), { recursive: true, mode: 0o700 })
  const half = `${devRecordFile(projectDir)}.${record.ownerPid}.tmp`
  writeFileSync(half, toText(record))
  renameSync(half, devRecordFile(projectDir))
}

export function removeDevRecord(projectDir: string): void {
  rmSync(devRecordFile(projectDir), { force: true })
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
