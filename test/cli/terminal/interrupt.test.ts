import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { projectFolder } from '../../config/project-folder.js'
import { launchCli } from '../run-cli.js'

/** Far more work than anybody waits for, in one statement. */
const ENDLESS = `CREATE TABLE a (x TEXT);
INSERT INTO a WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT i FROM n;
UPDATE a SET x = (SELECT max(b.x || '') FROM a AS b WHERE b.x || '' <> a.x || '');
`

/** Ends a plan in the middle of that statement. */
async function planUntil(signal: NodeJS.Signals) {
  const folder = projectFolder({
    'wrangler.toml': '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n',
    'migrations/0001_a.sql': ENDLESS,
  })
  const temporary = path.join(folder, 'tmp')
  mkdirSync(temporary)
  const command = launchCli(['plan'], folder, { TMPDIR: temporary })
  for await (const line of command.iterable({ from: 'stderr' })) {
    if (line.startsWith('Rehearsing')) setTimeout(() => command.kill(signal), 1_000)
  }
  return { ...(await command), temporary }
}

test('Ctrl-C ends a plan at once, in the middle of a statement, and leaves nothing behind', async () => {
  const { exitCode, stderr, temporary } = await planUntil('SIGINT')
  expect(exitCode).toBe(130)
  expect(stderr).toContain('Stopped before it was done')
  expect(readdirSync(temporary).filter((name) => name.startsWith('d1-runbook'))).toEqual([])
})

test.runIf(process.platform === 'linux')('no rehearsal outlives a command that was killed', async () => {
  const { temporary } = await planUntil('SIGKILL')
  await expect.poll(() => processesWith(temporary)).toEqual([])
})

/** Processes that were given this text in their environment. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/environ`, 'utf8').includes(text)
    } catch {
      // Ended while we looked, or not ours.
      return false
    }
  })
}
