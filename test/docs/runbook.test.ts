import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { GATES } from '../../src/contract/names.js'
import { RUNBOOK_STEPS } from '../../src/runbook/steps.js'
import { packageRoot } from '../../src/process/package-root.js'
import { unknownIn } from '../cli/command-tree.js'

const root = packageRoot()
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')
const runbook = read('docs/runbook.md')

/** Headings of the paper runbook that ask for something. Its overview asks for nothing. */
const HEADINGS = [
  'Pre-Requisites',
  'Pre-Migration Checklist',
  'Step 1: Final Pre-Migration Backup',
  'Step 2: Migration Status Check',
  'Step 3: Execute Migration',
  'Step 4: Post-Migration Validation',
  'Rollback Procedures',
  'Communication Protocols',
  'Post-Migration Monitoring',
  'Troubleshooting Guide',
  'Success Criteria',
  'Documentation Updates',
  'Emergency Contacts',
]

/** What each part of the paper runbook asks for or expects, by words of the line: none of them may be left out here. */
const LINES: Record<string, string[]> = {
  'Pre-Requisites': [
    ...[
      'Cloudflare account access',
      'authenticated for production',
      'environment variables',
      'Team lead approval',
    ],
    ...['v4.33.2', 'Node.js 22+', 'monitoring dashboard', 'Communication channel'],
  ],
  'Pre-Migration Checklist': [
    ...['files validated', 'tests passing', 'tested in staging', 'PR reviewed', 'plan documented'],
    ...[
      'connectivity confirmed',
      'status checked',
      '< 24 hours old',
      'maintenance window',
      'Rollback plan reviewed',
    ],
  ],
  'Step 1: Final Pre-Migration Backup': [
    ...['Create production backup', 'Verify backup', 'YYYY-MM-DD-HHMMSS.zip', 'No validation errors'],
    ...['backup metadata', 'do not proceed', 'backup system issues', 'database administrator'],
  ],
  'Step 2: Migration Status Check': [
    ...[
      'applied and pending',
      'No migration conflicts',
      'clean migration state',
      'Review migration conflicts',
    ],
    ...['manual intervention', 'document discrepancies'],
  ],
  'Step 3: Execute Migration': [
    ...['safety checks', '1. ', '2. ', '3. ', '4. ', '5. ', 'pre-flight checks pass', 'applies successfully'],
    ...[
      'Final status',
      'No errors in output',
      'stop migration',
      'error output',
      'rollback procedure',
      'post-mortem',
    ],
  ],
  'Step 4: Post-Migration Validation': [
    ...['show as applied', 'health check', 'connections successful', '"success": true', 'error alerts'],
    ...['application logs', 'performance metrics', 'prepare rollback'],
  ],
  'Rollback Procedures': [
    ...['Ctrl+C', 'migration status', 'what was applied', 'migration-failure.log', 'database administrator'],
    ...[
      'backup options',
      'incident report',
      'immediate backup',
      'database errors',
      'Prepare rollback migration',
    ],
    ...['`DROP` for added', 'previous data', 'in staging first'],
  ],
  'Communication Protocols': [
    'Start of Migration',
    'During Migration',
    'Migration Complete',
    'Emergency Alert',
  ],
  'Post-Migration Monitoring': [
    ...[
      'every 5 minutes',
      'error rate',
      'spot checks',
      'Team available',
      'First 2 Hours',
      'Performance metrics',
    ],
    ...[
      'user-reported issues',
      'major features',
      'normal ranges',
      'First 24 Hours',
      'error logs',
      'backup system',
    ],
    ...['remains stable', 'observations'],
  ],
  'Troubleshooting Guide': ['migrations directory', 'connection failed', 'validation failed'],
  'Success Criteria': [
    ...['planned migrations applied', 'health check', 'normal ranges', 'critical errors', 'Team confirms'],
    ...['2x baseline', '> 5% increase', 'functionality broken', 'connection failures', 'major issues'],
  ],
  'Documentation Updates': ['migration status', 'lessons learned', 'Update runbook', 'success metrics'],
  'Emergency Contacts': ['Database Administrator', 'Team Lead', 'On-Call Engineer', 'Cloudflare Support'],
}

interface Row {
  line: string
  where: string
  tests: string[]
}

const rows: Row[] = rowsOf(runbook)

function rowsOf(markdown: string): Row[] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (-|line )/.test(line))
    .map((row) => {
      const [line = '', where = '', held = ''] = row.slice(2, -2).split(' | ')
      return { line: line.trim(), where, tests: codesIn(held) }
    })
}

function codesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}

/** What is typed in a text: in code marks, and in the blocks of a shell. */
function commandsIn(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.split('\n'),
  )
  const inline = codesIn(markdown.replace(/```[\s\S]*?```/g, ''))
  return [...blocks, ...inline]
    .map((line) => line.trim())
    .filter((line) => /^(d1-runbook|npm run) /.test(line))
}

/** As GitHub makes the anchor of a heading. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
}

test('every heading of the runbook has its table, in its order', () => {
  const found = [...runbook.matchAll(/^## (.*)$/gm)].map(([, title]) => title)
  expect(found).toEqual(HEADINGS)
  for (const section of runbook.split(/^## /m).slice(1)) expect(section).toMatch(/^\| line /m)
})

test.each(HEADINGS)('every line of "%s" is in its table', (heading) => {
  const section = runbook.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? ''
  const lines = rowsOf(section).map(({ line }) => line.toLowerCase())
  const asked = LINES[heading] ?? []
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.filter((words) => !lines.some((line) => line.includes(words.toLowerCase())))).toEqual([])
})

test.each(rows)('$line', async ({ where, tests }) => {
  expect(where.trim()).not.toBe('')
  expect((await Promise.all(commandsIn(where).filter(ours).map(unknownIn))).flat()).toEqual([])
  for (const script of commandsIn(where).filter((line) => !ours(line))) {
    const name = script.slice('npm run '.length)
    expect(JSON.parse(read('package.json'))).toHaveProperty(['scripts', name])
    expect(read('README.md')).toContain(`"${name}"`)
  }
  for (const [, gate = ''] of where.matchAll(/gate `([^`]+)`/g)) expect(GATES).toContain(gate)
  for (const [, step] of where.matchAll(/step "([^"]+)"/g))
    expect(RUNBOOK_STEPS.map(({ title }) => title.replace(/^Step \d: /, ''))).toContain(step)
  expect(tests.length).toBeGreaterThan(0)
  expect(tests.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
})

function ours(line: string): boolean {
  return line.startsWith('d1-runbook ')
}

const PAGES = [
  'README.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

describe.each(PAGES)('%s', (page) => {
  const text = read(page)

  test('names commands, options and choices that there are', async () => {
    expect((await Promise.all(commandsIn(text).filter(ours).map(unknownIn))).flat()).toEqual([])
  })

  test('links to files and headings that there are', () => {
    const broken = [...text.matchAll(/\]\((?!https?:)([^)\s]*)\)/g)].filter(([, link = '']) => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? page : path.join(path.dirname(page), file)
      if (!existsSync(path.join(root, target))) return true
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor)
    })
    expect(broken.map(([, link]) => link)).toEqual([])
  })
})

describe('the checks of these pages find', () => {
  test.each([
    ['`d1-runbook approve plan`', ['d1-runbook approve plan']],
    ['```sh\nd1-runbook doctor   # all\nls\n```', ['d1-runbook doctor   # all']],
    ['`npm run backup:remote`: `d1-runbook backup`', ['npm run backup:remote', 'd1-runbook backup']],
    ['see d1-runbook plan in prose', []],
  ])('%j', (text, found) => {
    expect(commandsIn(text)).toEqual(found)
  })

  test('anchors as GitHub makes them', () => {
    expect(anchorsOf("## Production's own queries\n### `policy`")).toEqual([
      'productions-own-queries',
      'policy',
    ])
  })
})
