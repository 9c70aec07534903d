import { filesOf, roomRules, ROOMS } from './scripts/rooms.mjs'

const pure = ROOMS.filter((room) => room.pure).map(filesOf)
const withoutNode = ROOMS.filter((room) => room.node === false).map(filesOf)

/** The rooms of the house are in scripts/rooms.mjs; here is what holds across them. */
export default {
  forbidden: [
    ...roomRules(),
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'two modules that need each other, be it for types, are one module, or hide a third',
      from: {},
      to: { circular: true },
    },
    {
      name: 'every-file-has-a-room',
      severity: 'error',
      from: { path: '^(src|sample)/', pathNot: ROOMS.map(filesOf) },
      to: {},
    },
    {
      name: 'workflows-are-deterministic',
      severity: 'error',
      comment: 'it runs in a sandbox and again from its history',
      from: { path: withoutNode },
      to: { path: ['^node:', '^(fs|path|os|crypto|child_process|http|https|net)$', 'node_modules/zod/'] },
    },
    {
      name: 'pure-rooms',
      severity: 'error',
      comment:
        'plain data in, plain data out: nothing that they call touches file, network, clock or process',
      from: { path: pure },
      to: {
        reachable: true,
        // Not sqlite: `quoteName` lives beside it, and who opens a database is another rule's matter.
        path: '^(node:)?(fs|fs/promises|child_process|http|https|net|os|timers/promises)$|node_modules/(execa|miniflare|@temporalio/(?!workflow|common))/',
      },
    },
    {
      name: 'processes-are-spawned-in-one-place',
      severity: 'error',
      comment: 'one module knows how to end a whole process tree; the server and git need no such care',
      from: {
        path: '^src/',
        pathNot: ['^src/d1/wrangler/wrangler', '^src/process/', '^src/temporal/'],
      },
      to: { path: ['node_modules/execa/', '^(node:)?child_process$'] },
    },
    {
      name: 'sqlite-is-opened-in-one-place',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/d1/sqlite/sqlite\\.ts$' },
      to: { path: '^(node:)?sqlite$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'product-knows-no-test',
      severity: 'error',
      from: { path: '^(src|sample)/' },
      to: { path: '^test/' },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      from: { path: '^(src|sample|test)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types are seen: a circle of types is a circle to the reader.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
