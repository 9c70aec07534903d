import type { TestProjectInlineConfiguration } from 'vitest/config'

/** What a test needs decides its lane: each lane starts what the ones before it do not. */
const TEMPORAL = [
  'test/github/runs.test.ts',
  'test/workflows/**/*.test.ts',
  'test/temporal/*.test.ts',
  'test/temporal/codec/missing-key.test.ts',
]
/** D1's engine on this machine, and small processes. */
const D1 = [
  'test/client/{request,committed}.test.ts',
  'test/contract/shell.test.ts',
  // They ask git.
  'test/github/{checks,protection}.test.ts',
  'test/activities/agreement.test.ts',
  'test/activities/probes/backup.test.ts',
  // No process, and half a minute of them: eighteen live runs.
  'test/d1/live/**/*.test.ts',
  'test/d1/backup/{backup,archive-attacks,sealed,load-on-d1,verify-in-own-process}.test.ts',
  'test/d1/read/local*.test.ts',
  'test/d1/sqlite/file-lock.test.ts',
  'test/analysis/{adopt,rehearse,reverse}/**/*.test.ts',
  'test/analysis/hostile-files.test.ts',
  'test/analysis/validate/in-own-process.test.ts',
  'test/analysis/validate/too-large.test.ts',
  'test/process/**/*.test.ts',
  'test/store/**/*.test.ts',
  'test/sample/{seed,health}.test.ts',
  'test/sample/cloudflare-api/{dump,main,refusals}.test.ts',
]
const WRANGLER = [
  'test/d1/{apply,wrangler}/**/*.test.ts',
  'test/d1/backup/{remote-backup,replace-content,disk-full}.test.ts',
  'test/d1/read/{readers,identity,locked-database}.test.ts',
  'test/d1/migrations/migration-files.test.ts',
  'test/d1/migrations/{migrations-pattern,wrangler-reading}.test.ts',
  'test/activities/{apply-archive,checkpoint,lost-run,no-freeze,roll-back,record,shared-store}.test.ts',
  'test/sample/prepare.test.ts',
  'test/sample/cloudflare-api/{wrangler,sdk}.test.ts',
]
const E2E = [
  'test/e2e/**/*.test.ts',
  'test/setup/**/*.test.ts',
  'test/package.test.ts',
  'test/cli/{contract,times,bad-input,next-commands}.test.ts',
  'test/cli/commands/{adopt,backup-attacks,backup-sealed,backup-storage,create-rollback,doctor,github,init,plan-hostile}.test.ts',
  'test/cli/mcp/process.test.ts',
  'test/cli/terminal/interrupt.test.ts',
]
/** Starts PostgreSQL and Temporal's production server, which not every machine has: not part of `npm test`. */
const CLUSTER = ['test/cluster/**/*.test.ts']

/** What starts Temporal's programs, or our own built ones. */
const binaries = {
  globalSetup: ['test/temporal-binaries.setup.ts'],
  setupFiles: ['test/services.setup.ts'],
}

/** `npm run test:unit` and so on. A new test file is in `unit` until a line above says otherwise. */
export const LANES: (TestProjectInlineConfiguration & { test: { name: string } })[] = [
  {
    extends: true,
    test: {
      name: 'unit',
      include: ['test/**/*.test.ts'],
      exclude: [...TEMPORAL, ...D1, ...WRANGLER, ...E2E, ...CLUSTER],
      // Pure code leaves nothing behind that the next file could stumble over; loading it once is most of the speed.
      isolate: false,
      setupFiles: ['test/no-processes.setup.ts'],
    },
  },
  // The SDK is most of what these files load; each starts and stops a server and a worker of its own.
  { extends: true, test: { name: 'temporal', include: TEMPORAL, isolate: false, ...binaries } },
  { extends: true, test: { name: 'd1', include: D1, isolate: false } },
  { extends: true, test: { name: 'wrangler', include: WRANGLER, isolate: false } },
  { extends: true, test: { name: 'e2e', include: E2E, isolate: false, ...binaries } },
  { extends: true, test: { name: 'cluster', include: CLUSTER, ...binaries } },
]

/** Half a minute and more each, whatever the size of the file, by which the others are ordered on a clean checkout. */
const LONG = /test\/(e2e|cli|sample)\/|corpus|matrix|silence|attacks|workflows\/(migration|policy|phases)/
/** What takes longest first: one that began last would be waited for by an idle core. */
const ORDER = ['e2e', 'd1', 'temporal', 'wrangler', 'unit']

/**
 * Lane by lane: a process of tests goes on with the next file where that is of its lane, and otherwise ends, and another one loads
 * everything anew. In a lane, long files first.
 */
export function longestFirst<File extends { moduleId: string; project: { name: string } }>(
  files: readonly File[],
): File[] {
  const place = ({ moduleId, project }: File): number =>
    2 * ORDER.indexOf(project.name) + (LONG.test(moduleId) ? 0 : 1)
  return files.toSorted((one, other) => place(one) - place(other))
}
