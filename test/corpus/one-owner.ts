import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name' | 'migration'> & Partial<Scenario>

const USERS = 'CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, plan TEXT);'
const AUDIT = 'CREATE TABLE audit (id INTEGER PRIMARY KEY, user_id INTEGER, what TEXT, val TEXT);'
const PLANS = `INSERT INTO users VALUES (1, 'a', 'p1'), (2, 'b', 'p2'), (3, 'c', 'p3');`
const COPY = `INSERT INTO audit (user_id, what, val) SELECT id, 'plan', plan FROM users; ALTER TABLE users DROP COLUMN plan;`
const WITH_PLANS = {
  schema: `${USERS} ${AUDIT}`,
  rows: `${PLANS} INSERT INTO audit VALUES (1, 2, 'plan', 'old');`,
}

const EVENTS = {
  schema: 'CREATE TABLE event (id INTEGER PRIMARY KEY, at TEXT);',
  rows: `INSERT INTO event VALUES (1, '2026-01-01T10:00:00.123Z'), (2, '2026-01-01T10:00:01Z'), (3, '2026-01-01T10:00:02Z'), (4, '2026-01-01T10:00:05.000Z');`,
}
const into = (column: string, value: string): string =>
  `ALTER TABLE event ADD COLUMN ${column}; UPDATE event SET ${column.split(' ')[0] ?? ''} = ${value}; ALTER TABLE event DROP COLUMN at;`

const lost = (scenario: Case): Scenario => ({ verdict: 'block', codes: ['DL103'], ...EVENTS, ...scenario })
const kept = (scenario: Case): Scenario => ({
  ...{ verdict: 'acknowledge', codes: ['DS103'], silent: ['DL103'], ...EVENTS },
  ...scenario,
})

/** Most values come back, and those that do not are counted alone. */
export const THESE_ALONE_LOST: Scenario[] = [
  lost({
    ...WITH_PLANS,
    name: 'one owner has another row of the same word already',
    migration: COPY,
    says: [`1 value of users.plan goes with the column, such as 'p2'; the others are in audit.val`],
  }),
  lost({
    ...WITH_PLANS,
    name: 'two owners have other rows already',
    rows: `${WITH_PLANS.rows} INSERT INTO audit VALUES (2, 3, 'plan', 'older'), (3, 3, 'plan', 'oldest');`,
    migration: COPY,
    says: ['2 values of users.plan go with the column'],
  }),
  lost({
    ...WITH_PLANS,
    name: 'one owner has the row of another word, which nothing tells apart',
    schema: `${USERS} CREATE TABLE audit (id INTEGER PRIMARY KEY, user_id INTEGER, val TEXT);`,
    rows: `${PLANS} INSERT INTO audit VALUES (1, 1, 'x');`,
    migration: `INSERT INTO audit (user_id, val) SELECT id, plan FROM users; ALTER TABLE users DROP COLUMN plan;`,
    says: ['1 value of users.plan goes'],
  }),
  lost({
    name: 'milliseconds that some times have are cut off',
    migration: into('at2 INTEGER', 'unixepoch(at)'),
    says: [`1 value of event.at goes with the column, such as '2026-01-01T10:00:00.123Z'`],
  }),
  lost({
    name: 'milliseconds that most times have are cut off',
    rows: `INSERT INTO event VALUES (1, '2026-01-01T10:00:00.123Z'), (2, '2026-01-01T10:00:01.5Z'), (3, '2026-01-01T10:00:02.700Z'), (4, '2026-01-01T10:00:05Z');`,
    migration: into('at2 TEXT', `strftime('%Y-%m-%dT%H:%M:%SZ', at)`),
    says: ['3 values of event.at go'],
  }),
]

/** The same, and nothing is lost. */
export const NONE_OF_THEM_LOST: Scenario[] = [
  kept({
    ...WITH_PLANS,
    name: 'one owner has a row of another word',
    rows: `${PLANS} INSERT INTO audit VALUES (1, 2, 'name', 'old');`,
    migration: COPY,
  }),
  kept({
    ...WITH_PLANS,
    name: 'somebody without a value has rows already',
    rows: `${PLANS} UPDATE users SET plan = NULL WHERE id = 2; INSERT INTO audit VALUES (1, 2, 'plan', 'x'), (2, 2, 'plan', 'y');`,
    migration: COPY.replace('FROM users;', 'FROM users WHERE plan IS NOT NULL;'),
  }),
  kept({
    name: 'times get milliseconds where they have none',
    migration: into('at2 TEXT', `strftime('%Y-%m-%dT%H:%M:%fZ', at)`),
  }),
  kept({
    name: 'times become milliseconds, whether or not they say them',
    migration: into('at2 INTEGER', `CAST(round(unixepoch(at, 'subsec') * 1000) AS INTEGER)`),
  }),
  kept({
    name: 'milliseconds that are none are cut off',
    rows: EVENTS.rows.replace('.123Z', '.000Z'),
    migration: into('at2 TEXT', `replace(at, '.000Z', 'Z')`),
  }),
  kept({
    name: 'milliseconds that are none become seconds',
    rows: EVENTS.rows.replace('.123Z', '.000Z'),
    migration: into('at2 INTEGER', 'unixepoch(at)'),
  }),
]
