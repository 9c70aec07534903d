import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { RunbookError } from '../../../src/contract/failures.js'
import { applyMigration, type ApplyRequest } from '../../../src/d1/apply/apply.js'
import { askApi } from '../../../src/d1/cloudflare/api.js'
import { RESERVE } from '../../../src/d1/cloudflare/budget.js'
import { apiPath } from '../../../src/d1/cloudflare/send.js'
import { migrationFile } from '../../../src/d1/migrations/migration-files.js'
import { runWrangler } from '../../../src/d1/wrangler/wrangler.js'
import { fingerprintOf } from '../fingerprint.js'
import { LEDGER_SQL } from '../local-target.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { remoteTarget, REMOTE_ID } from '../remote-target.js'

const BEFORE = `CREATE TABLE artists (id INTEGER PRIMARY KEY, name TEXT NOT NULL);`
const CUT = `create trigger artists_t before delete on artists\nbegin\n  select raise(abort, 'no');\nend;`

function request(sql: string): Pick<ApplyRequest, Exclude<keyof ApplyRequest, 'target'>> {
  return {
    file: migrationFile(`0002_art's_trigger.sql`, Buffer.from(sql)),
    ledgerBefore: [],
    fingerprintBefore: fingerprintOf(BEFORE),
    fingerprintAfter: fingerprintOf(BEFORE + sql),
    stageRoot: temporaryFolder(),
  }
}

it('a trigger that D1 cuts apart at the apply is explained, and the way by import ends in an applied file', async () => {
  const { target } = await remoteTarget(LEDGER_SQL + BEFORE)
  const work = { target, ...request(CUT) }
  const failure = (await applyMigration(work).catch((error: unknown) => error)) as RunbookError
  expect(failure).toMatchObject({ type: 'SqlRefused', retryable: false, details: { state: 'absent' } })
  expect(failure.message).toContain('incomplete input: SQLITE_ERROR')
  expect(failure.message).toContain("D1's own splitter of a request cut a statement apart")
  expect(failure.advice).toContain('An import is no transaction')

  const row = failure.advice.split('\n').find((line) => line.startsWith('INSERT INTO')) ?? ''
  const [, words = ''] = /^npx wrangler (.*) --file COPY\.sql$/m.exec(failure.advice) ?? []
  expect(words).toBe('d1 execute art-production --remote --env production')
  const copy = join(temporaryFolder(), 'COPY.sql')
  writeFileSync(copy, `${CUT}\n${row}\n`)
  const args = ['d1', 'execute', 'art-production', '--file', copy, '--yes']
  expect(await runWrangler({ target, args })).toMatchObject({ exitCode: 0 })
  expect(await applyMigration(work)).toMatchObject({ state: 'applied', durationMs: null })
})

it('monitoring that used up what it may leaves the apply its calls', async () => {
  const { target, api } = await remoteTarget(LEDGER_SQL + BEFORE, {
    rateLimit: { calls: RESERVE + 3, windowMs: 300_000, blockMs: 300_000 },
  })
  const { url, token, accountId } = api
  const path = apiPath('accounts', accountId, 'd1', 'database', REMOTE_ID)
  const watch = (): Promise<unknown> =>
    askApi({ url, token, tries: 1, purpose: 'watch' }, { what: 'Watching', path, schema: z.unknown() })
  for (let at = 0; at < 3; at += 1) await watch()
  await expect(watch()).rejects.toMatchObject({
    type: 'RateLimited',
    details: { retryAfterMs: expect.any(Number) as number },
  })
  expect(
    await applyMigration({ target, ...request(CUT.replace('begin', 'BEGIN').replace('end;', 'END;')) }),
  ).toMatchObject({
    state: 'applied',
  })
  expect(api.calls.length).toBeLessThan(RESERVE)
})
