import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SearchAttributeName } from '../../src/contract/names.js'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { startEmbeddedServer, type EmbeddedServer } from '../../src/temporal/embedded-server.js'
import { findCompletedRun } from '../../src/temporal/staging-proof.js'

const FILES = [
  { name: '0001_init.sql', sha256: 'a'.repeat(64) },
  { name: '0002_tags.sql', sha256: 'b'.repeat(64) },
]

let projectDir: string
let server: EmbeddedServer | undefined
let session: TemporalClient

beforeAll(async () => {
  projectDir = mkdtempSync(path.join(tmpdir(), 'd1-runbook-'))
  server = await startEmbeddedServer({ projectDir })
  session = await connectClient({ projectDir })
})

afterAll(async () => {
  await session.close()
  await server?.stop()
  rmSync(projectDir, { recursive: true, force: true })
})

/** A run as visibility knows it; no worker needed. */
async function record(
  workflowId: string,
  environment: string,
  outcome: string,
  files: typeof FILES,
  mode: { adopt?: object } = {},
) {
  const pair = (name: SearchAttributeName, value: string) => ({
    key: defineSearchAttributeKey(name, SearchAttributeType.KEYWORD),
    value,
  })
  await session.client.workflow.start('productionMigration', {
    workflowId,
    taskQueue: 'nobody',
    args: [{ files, ...mode }],
    typedSearchAttributes: [pair('RunbookEnvironment', environment), pair('RunbookOutcome', outcome)],
  })
}

test('only a completed run of exactly these bytes in that environment is a proof', async () => {
  const edited = FILES.map((file, index) => (index === 0 ? { ...file, sha256: 'c'.repeat(64) } : file))
  await record('failed', 'staging', 'failed', FILES)
  await record('elsewhere', 'qa', 'completed', FILES)
  // It recorded what was there, and ran none of them.
  await record('adopted', 'staging', 'completed', FILES, { adopt: {} })
  await record('edited', 'staging', 'completed', edited)
  await record('shorter', 'staging', 'completed', FILES.slice(0, 1))
  await record('the proof', 'staging', 'completed', FILES)

  // Visibility trails behind the history by a moment.
  const find = (files: typeof FILES) => findCompletedRun(session, { environment: 'staging', files })
  await expect.poll(() => find(FILES)).toMatch(/^the proof \(run /)
  await expect.poll(() => find(edited)).toMatch(/^edited /)
  expect(await find([...FILES, { name: '0003_more.sql', sha256: 'd'.repeat(64) }])).toBeNull()
  expect(await findCompletedRun(session, { environment: "st'aging", files: FILES })).toBeNull()
})
