import { describe, expect, test } from 'vitest'
import { judgeScenario } from '../scenario-run.js'

const SCHEMA = `CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
CREATE TABLE kinds (name TEXT PRIMARY KEY, label TEXT);`

async function samples(file: string, sql: string): Promise<string[]> {
  const migration = { [file]: sql }
  const scenario = { name: '', schema: SCHEMA, rows: '', migration, verdict: 'ok' as const, codes: [] }
  const findings = await judgeScenario(scenario)
  return findings.filter(({ code }) => code === 'SD101').map(({ message }) => message)
}

describe('rows that look like samples are told', () => {
  test.each([
    ['0002_users.sql', `INSERT INTO users (email) VALUES ('ann@example.com');`],
    ['0002_users.sql', `INSERT INTO users (name) VALUES ('John Doe');`],
    ['0002_users.sql', `INSERT INTO users (name) VALUES ('Test User 1');`],
    ['0002_users.sql', `INSERT INTO kinds VALUES ('a', 'Lorem ipsum dolor');`],
    ['0002_users.sql', `INSERT INTO users (email, name) VALUES ('changeme', 'Demo Account');`],
    ['0002_seed.sql', `INSERT INTO users (name) VALUES ('Demo Account');`],
  ])('%s: %s', async (file, sql) => {
    expect(await samples(file, sql)).toHaveLength(1)
  })
})

describe('rows that an application needs are not', () => {
  test.each([
    ['0002_demo_requests.sql', `INSERT INTO kinds VALUES ('requested', 'Requested');`],
    ['0002_seed_countries.sql', `INSERT INTO kinds VALUES ('CH', 'Switzerland'), ('FR', 'France');`],
    ['0002_kinds.sql', `INSERT INTO kinds VALUES ('password', 'Password'), ('oauth', 'OAuth');`],
    ['0002_kinds.sql', `INSERT INTO kinds VALUES ('demo', 'Demo account'), ('paid', 'Paid account');`],
    ['0002_kinds.sql', `INSERT INTO kinds VALUES ('blocked', '%@example.com');`],
    ['0002_kinds.sql', `INSERT INTO kinds VALUES ('test', 'sample'), ('mock', 'dummy');`],
    ['0002_kinds.sql', `INSERT INTO kinds SELECT email, 'test@example.com' FROM users;`],
  ])('%s: %s', async (file, sql) => {
    expect(await samples(file, sql)).toEqual([])
  })
})
