import type { Scenario } from './scenario.js'

type Case = Pick<Scenario, 'name'> & Partial<Scenario> & { acts: string; copy?: string; of?: string }

const TREE_ROWS = `INSERT INTO tree VALUES (1, NULL, 'root'), (2, 1, 'a'), (3, 2, 'b');`
const tree = (name: string, to: string, acts: string, label = 'TEXT'): string =>
  `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES ${to} (id)${acts}, label ${label});`

/** A table of rows that refer to each other is rebuilt: `of` is what the new one refers to. */
function rebuilt({ acts, copy = '__new_tree', of = 'tree', ...scenario }: Case): Scenario {
  return {
    schema: tree('tree', 'tree', acts),
    rows: TREE_ROWS,
    migration: `${tree(copy, of, acts, 'TEXT NOT NULL')} INSERT INTO ${copy} SELECT id, parent_id, label FROM tree; DROP TABLE tree; ALTER TABLE ${copy} RENAME TO tree;`,
    ...{ verdict: 'block', codes: ['DL101'], silent: ['DL102', 'DL103'] },
    ...scenario,
  }
}
const kept = (scenario: Case): Scenario =>
  rebuilt({ verdict: 'ok', codes: [], silent: ['DL101', 'DL102', 'DL103', 'CH101'], ...scenario })

/** The copy refers to the old table by its name, as generators write it: the DROP reaches the copy. */
export const COPY_REACHED: Scenario[] = [
  rebuilt({
    name: 'ON DELETE CASCADE',
    acts: ' ON DELETE CASCADE',
    says: [
      'DROP TABLE tree deletes 2 rows of __new_tree, which takes its place, through its foreign key (ON DELETE CASCADE)',
    ],
  }),
  rebuilt({
    name: 'ON DELETE SET NULL',
    acts: ' ON DELETE SET NULL',
    says: ['DROP TABLE tree clears parent_id of __new_tree, which takes its place, in 2 rows'],
  }),
  rebuilt({
    name: 'under another name, deferred',
    acts: ' ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED',
    copy: 'tree_tmp',
    says: ['deletes 2 rows of tree_tmp'],
  }),
  rebuilt({
    name: 'by SELECT *',
    acts: ' ON DELETE SET NULL',
    migration: `${tree('t2', 'tree', ' ON DELETE SET NULL')} INSERT INTO t2 SELECT * FROM tree; DROP TABLE tree; ALTER TABLE t2 RENAME TO tree;`,
    says: ['clears parent_id of t2'],
  }),
  rebuilt({
    name: 'an action that only the copy has',
    schema: tree('tree', 'tree', ''),
    acts: ' ON DELETE CASCADE',
    says: ['deletes 2 rows of __new_tree'],
  }),
]

/** The DROP takes nothing that stays. */
export const COPY_NOT_REACHED: Scenario[] = [
  kept({ name: 'the copy refers to itself', acts: ' ON DELETE CASCADE', of: '__new_tree' }),
  kept({ name: 'the copy refers to itself, SET NULL', acts: ' ON DELETE SET NULL', of: '__new_tree' }),
  kept({
    name: 'only roots',
    acts: ' ON DELETE CASCADE',
    rows: `INSERT INTO tree VALUES (1, NULL, 'a'), (2, NULL, 'b');`,
  }),
  kept({
    name: 'no action, deferred and forgiven',
    acts: '',
    migration: `PRAGMA defer_foreign_keys = ON; ${rebuilt({ name: '', acts: '' }).migration as string} PRAGMA defer_foreign_keys = OFF;`,
  }),
  kept({
    name: 'the copy has the references only after the DROP',
    acts: ' ON DELETE CASCADE',
    migration: `CREATE TABLE hold AS SELECT * FROM tree; DROP TABLE tree; ${tree('tree', 'tree', ' ON DELETE CASCADE', 'TEXT NOT NULL')} INSERT INTO tree SELECT * FROM hold; DROP TABLE hold;`,
  }),
]
