import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
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
