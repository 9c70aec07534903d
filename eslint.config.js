import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Name what you export: a name survives a rename, a default export does not.',
}

/** In a text a command is a value, `command('plan')`: only who shows it knows how it is quoted, and what it must say again. */
const VERBS = [
  'help|demo|doctor|charter|init|validate|status|plan|backup|lock|create|create-rollback|adopt-run|adopt|start|approve|reject|rollback|abort',
  'supersede|pause|resume|report-issue|observe|show|watch|monitor|report|list|dev|worker|codec-server',
].join('|')
const COMMAND_IN_TEXT = `/\\bd1-runbook (${VERBS})(?![\\w-])/`
const NO_COMMAND_IN_TEXT = ['Literal[value=', 'TemplateElement[value.raw='].map((what) => ({
  selector: `${what}${COMMAND_IN_TEXT}]`,
  message:
    "Write words`… ${command('plan')}` (src/contract/next-command.ts): text is not searched for commands.",
}))

export default defineConfig(
  globalIgnores([
    'dist/',
    'node_modules/',
    '.d1-runbook/',
    '**/.wrangler/',
    'coverage/',
    'backups/',
    'test/histories/',
  ]),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      // `void promise` is a decision that nobody reviews: await it, or hand it to somebody who does.
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'error',
      // An activity and an interface may be async by contract without awaiting anything.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-console': 'off',
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
    },
  },
  {
    files: ['src/**/*.ts', 'sample/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT, ...NO_COMMAND_IN_TEXT] },
  },
  {
    // Workflow code runs again from its history: what differs between two runs breaks it.
    files: ['src/workflows/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'fetch',
        'setInterval',
        'performance',
        'crypto',
        'Buffer',
      ],
    },
  },
  {
    // Matchers such as `expect.stringContaining` are typed `any` by vitest.
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    files: ['test/**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'fast-check', message: 'test/fast-check.ts has it, with one seed for every run.' }],
        },
      ],
    },
  },
  {
    // Tools demand a default export of their configuration.
    files: ['*.config.ts', 'sample/health/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-unused-vars': 'error',
      'no-undef': 'off',
    },
  },
)
