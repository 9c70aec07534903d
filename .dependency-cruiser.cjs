/** The rooms of the house and who may import whom; ARCHITECTURE.md says why. */
const PURE = 'these rooms are pure: plain data in, plain data out'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'two modules that need each other are one module, or hide a third',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'workflows-without-node-or-zod',
      severity: 'error',
      comment: 'workflow code runs in a sandbox and again from its history',
      from: { path: '^src/workflows/' },
      to: {
        dependencyTypesNot: ['type-only'],
        path: [
          '^node:',
          '^(fs|path|os|crypto|child_process|http|https|net)$',
          'node_modules/zod/',
          '^src/(activities|d1|cli|config|temporal)/',
        ],
      },
    },
    {
      name: 'workflows-know-only-types-of-activities',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: { path: '^src/activities/', dependencyTypesNot: ['type-only'] },
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
      comment: PURE,
      from: { path: '^src/(runbook|analysis/rules)/' },
      to: {
        dependencyTypesNot: ['type-only'],
        path: [
          '^node:(?!crypto)',
          '^(fs|path|os|child_process|http|https|net|sqlite)$',
          '^src/(?!contract/|runbook/|analysis/rules/)',
        ],
      },
    },
    {
      name: 'processes-are-spawned-in-one-place',
      severity: 'error',
      comment: 'one module knows how to end a whole process tree',
      from: { path: '^src/', pathNot: ['^src/d1/wrangler', '^src/temporal/'] },
      to: { path: ['node_modules/execa/', '^(node:)?child_process$'] },
    },
    {
      name: 'sqlite-is-opened-in-one-place',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/d1/sqlite\\.ts$' },
      to: { path: '^(node:)?sqlite$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'lower-rooms-know-no-client',
      severity: 'error',
      from: { path: '^src/(contract|d1|analysis|runbook|workflows)/' },
      to: { path: '^src/(cli|config|worker)', dependencyTypesNot: ['type-only'] },
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
      comment: "the demo's remote variant talks to the local Cloudflare API, which is built with the product",
      from: { path: '^src/' },
      to: { path: '^test/(?!cloudflare-api/)' },
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
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
