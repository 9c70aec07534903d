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

interface Row {
  line: string
  where: string
  tests: string[]
}

const rows: Row[] = runbook
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (-|line )/.test(line))
  .map((row) => {
    const [line = '', where = '', held = ''] = row.slice(2, -2).split(' | ')
    return { line: line.trim(), where, tests: codesIn(held) }
  })

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

test('there is a row for more than sixty lines', () => {
  expect(rows.length).toBeGreaterThan(60)
})

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
