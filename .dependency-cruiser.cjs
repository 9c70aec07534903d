/** The rooms of the house and who may import whom at run time; ARCHITECTURE.md says why. */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'two modules that need each other are one module, or hide a third',
      from: {},
      to: { circular: true },
    },
    {
      name: 'workflows-are-deterministic',
      severity: 'error',
      comment:
        'it runs in a sandbox and again from its history: no Node module, no zod, only types of activities',
      from: { path: '^src/workflows/' },
      to: {
        path: [
          '^node:',
          '^(fs|path|os|crypto|child_process|http|https|net)$',
          'node_modules/zod/',
          '^src/(activities|d1|cli|config|temporal)/',
        ],
      },
    },
    {
      name: 'contract-stands-alone',
      severity: 'error',
      from: { path: '^src/contract/' },
      to: { path: '^src/(?!contract/)' },
    },
    {
      name: 'pure-rooms',
      severity: 'error',
      comment:
        'plain data in, plain data out: nothing that they call touches file, network, clock or process',
      from: { path: '^src/(runbook|analysis/rules)/' },
      to: {
        reachable: true,
        // Not sqlite: `quoteName` lives beside it, and who opens a database is another rule's matter.
        path: '^(node:)?(fs|fs/promises|child_process|http|https|net|os|timers/promises)$|node_modules/(execa|miniflare|@temporalio)/',
      },
    },
    {
      name: 'runbook-knows-the-contract-only',
      severity: 'error',
      from: { path: '^src/runbook/' },
      to: { path: '^src/(?!contract/|runbook/)' },
    },
    {
      name: 'processes-are-spawned-in-one-place',
      severity: 'error',
      comment: 'one module knows how to end a whole process tree; the server and git need no such care',
      from: {
        path: '^src/',
        pathNot: ['^src/d1/(wrangler|own-process)', '^src/temporal/', '^src/cli/programs\\.ts$'],
      },
      to: { path: ['node_modules/execa/', '^(node:)?child_process$'] },
    },
    {
      name: 'sqlite-is-opened-in-one-place',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/d1/sqlite\\.ts$' },
      to: { path: '^(node:)?sqlite$' },
    },
    {
      name: 'lower-rooms-know-no-client',
      severity: 'error',
      from: { path: '^src/(contract|d1|analysis|runbook|workflows)/' },
      to: { path: '^src/(cli|config|worker)' },
    },
    {
      name: 'activities-know-no-client',
      severity: 'error',
      from: { path: '^src/activities/' },
      to: { path: '^src/(cli|workflows|worker)' },
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
    // What runs counts: an import of types alone is gone by then.
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
