import { describe, expect, test } from 'vitest'
import { RULES } from '../../../src/analysis/rules/index.js'
import { tr102 } from '../../../src/analysis/rules/tr102.js'
import type { Destination } from '../../../src/analysis/evidence.js'
import { plain } from '../../../src/contract/command-line.js'
import type { Finding } from '../../../src/contract/finding.js'
import { openSqlite } from '../../../src/d1/sqlite/sqlite.js'
import { CUT_APART, onShop, WHOLE, type TriggerCase } from '../../corpus/triggers.js'
import { SHOP } from '../../corpus/scenario.js'
import { judgeScenario } from '../scenario-run.js'

const REMOTE: Destination = { place: 'remote' }
const LOCAL: Destination = { place: 'local', remoteId: false }

function judge({ migration }: Pick<TriggerCase, 'migration'>, destination: Destination): Finding[] {
  const empty = { tables: new Map(), triggers: new Map(), views: new Map() }
  return (
    tr102.check?.({
      ...{ mode: 'copy', certain: true, destination, durations: {}, before: empty, after: empty },
      ...{ statements: [], fates: [], failures: [], broken: [], sequences: [], repeated: [], search: [] },
      ...{ violations: [], oldViolations: [], files: [{ name: '0002.sql', sql: migration }] },
    }) ?? []
  )
}

/** The file with every fix of its findings pasted, one after the other as somebody would. */
function repaired(migration: string): string {
  const [finding] = judge({ migration }, REMOTE).filter(({ fix }) => fix !== undefined)
  if (finding?.fix === undefined) return migration
  const { fromLine, toLine } = finding.fix.replaces
  const lines = migration.split('\n')
  lines.splice(fromLine - 1, toLine - fromLine + 1, finding.fix.sql)
  return repaired(lines.join('\n'))
}

function schemaAfter(migration: string): unknown[] {
  const database = openSqlite(':memory:')
  try {
    database.exec(SHOP)
    database.exec(migration)
    return database.prepare(`SELECT type, name, tbl_name FROM sqlite_schema ORDER BY 1, 2`).all()
  } finally {
    database.close()
  }
}

describe('a trigger that remote D1 cuts apart is told before it is sent', () => {
  test.each(CUT_APART)('$name', async (found) => {
    const findings = (await judgeScenario(onShop(found))).filter(({ code }) => code === 'TR102')
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set([found.severity]))
    expect(findings.every(({ message }) => /incomplete input.*workers-sdk issue \d+/.test(message))).toBe(
      true,
    )
  })

  test.each(WHOLE)('silent: $name', async (whole) => {
    const findings = await judgeScenario(onShop(whole))
    expect(findings.filter(({ code }) => code === 'TR102')).toEqual([])
  })

  test.each(CUT_APART)('silent where the database is only on this machine: $name', (found) => {
    expect(judge(found, LOCAL)).toEqual([])
  })

  test('a plan of the local database says it of the remote one of the same entry, and asks nothing for it', () => {
    const [first] = CUT_APART
    const findings = judge(first ?? { migration: '' }, { place: 'local', remoteId: true })
    expect(findings.map(({ severity }) => severity)).toEqual(['info'])
    expect(findings[0]?.message).toContain('It runs on this machine.')
  })

  test('files of which nobody says where they go are warned of, not refused', () => {
    for (const found of CUT_APART)
      for (const { severity } of judge(found, { place: 'unknown' })) expect(severity).not.toBe('error')
  })
})

describe('what is pasted passes everywhere', () => {
  test.each(CUT_APART.filter(({ name }) => name !== 'behind six tables'))('$name', ({ migration }) => {
    const pasted = repaired(migration)
    expect(pasted).not.toBe(migration)
    expect(judge({ migration: pasted }, REMOTE)).toEqual([])
    expect(schemaAfter(pasted)).toEqual(schemaAfter(migration))
  })

  test('a trigger of a file with line ends of Windows becomes one line, its texts untouched', () => {
    const trigger = `CREATE TRIGGER t AFTER INSERT ON log\r\nBEGIN\r\n  -- why */ so\r\n  INSERT INTO log VALUES ('a  b\r\nc', 'x');\r\nEND;`
    const [finding] = judge({ migration: trigger }, REMOTE)
    expect(finding?.fix?.sql).toBe(
      `CREATE TRIGGER t AFTER INSERT ON log BEGIN /* why * / so */ INSERT INTO log VALUES ('a  b\r\nc', 'x'); END;`,
    )
  })

  test('a trigger behind many statements is moved, not rewritten', () => {
    const many = CUT_APART.find(({ name }) => name === 'behind six tables')
    const [finding] = judge({ migration: many?.migration ?? '' }, REMOTE)
    expect(finding?.fix).toBeUndefined()
    expect(plain(finding?.advice ?? '')).toContain('a migration file of its own')
  })
})

describe('line ends of Windows depend on who sends the file', () => {
  const windows = { migration: 'CREATE TRIGGER t AFTER INSERT ON log BEGIN\r\nSELECT 1;\r\nEND;\r\n' }
  test.each([
    ['4.123.0', false, 'error'],
    ['4.124.0', true, 'warning'],
    ['4.150.0', true, 'warning'],
  ] as const)('Wrangler %s', (version, sendsLf, severity) => {
    const [finding] = judge(windows, { place: 'remote', wrangler: { version, sendsLf } })
    expect(finding?.severity).toBe(severity)
    expect(finding?.message).toContain(version)
  })

  test('an unknown Wrangler', () => {
    expect(judge(windows, REMOTE).map(({ severity }) => severity)).toEqual(['warning'])
  })
})

test('the rule stands in the one list', () => {
  expect(RULES).toContain(tr102)
})
