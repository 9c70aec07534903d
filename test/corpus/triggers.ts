import { SHOP, SHOP_ROWS, type Scenario } from './scenario.js'

/** A trigger that remote D1 is told to cut apart, or one that looks like it and passes. */
export interface TriggerCase {
  name: string
  migration: string
  /** What is said of it for a remote database; absent: nothing. */
  severity?: 'error' | 'warning'
}

export function onShop({ name, migration, severity }: TriggerCase, remote = true): Scenario {
  const [verdict, codes] = severity === undefined ? (['ok', []] as const) : (['block', ['TR102']] as const)
  return { name, migration, remote, schema: SHOP, rows: SHOP_ROWS, verdict, codes: [...codes] }
}

const LOGGED = `INSERT INTO log VALUES ('now', new.title);`

/** Written as bug reports at Cloudflare describe them. */
export const CUT_APART: TriggerCase[] = [
  {
    name: 'begin in lower case',
    severity: 'error',
    migration: `create trigger posts_t after insert on posts begin\n  ${LOGGED}\nEND;`,
  },
  {
    name: 'Begin with one capital, behind a WHEN',
    severity: 'error',
    migration: `CREATE TRIGGER posts_t AFTER UPDATE OF title ON posts WHEN old.title <> new.title Begin ${LOGGED} END;`,
  },
  {
    name: 'CASE that ends a statement of the body',
    severity: 'error',
    migration: `CREATE TRIGGER posts_t BEFORE DELETE ON posts\nBEGIN\n  SELECT CASE WHEN old.id = 1 THEN RAISE (ABORT, 'no') END ;\nEND;`,
  },
  {
    name: 'CASE at the end of an UPDATE, with comments that say BEGIN',
    severity: 'error',
    migration: `-- begin\nCREATE TRIGGER IF NOT EXISTS main.posts_t AFTER INSERT ON posts\nBEGIN -- begin; end;\n  UPDATE posts SET body = CASE WHEN new.body IS NULL THEN 'x' ELSE CASE new.id WHEN 1 THEN 'y' END END;\nEND;`,
  },
  {
    name: 'CASE before a WHERE',
    severity: 'warning',
    migration: `CREATE TRIGGER posts_t AFTER INSERT ON posts\nBEGIN\n  UPDATE posts SET body = CASE WHEN new.body IS NULL THEN 'x' ELSE 'y' END WHERE id = new.id;\nEND;`,
  },
  {
    name: 'end in lower case',
    severity: 'warning',
    migration: `CREATE TRIGGER posts_t AFTER INSERT ON posts BEGIN ${LOGGED} end;`,
  },
  {
    name: 'line ends of Windows',
    severity: 'warning',
    migration: `CREATE TRIGGER posts_t AFTER INSERT ON posts\r\nBEGIN\r\n  ${LOGGED} -- kept\r\nEND;\r\nCREATE INDEX posts_i ON posts (title);\r\n`,
  },
  {
    name: 'behind six tables',
    severity: 'warning',
    migration: `${[1, 2, 3, 4, 5, 6].map((n) => `CREATE TABLE n${n} (a);`).join('\n')}\nCREATE TRIGGER posts_t AFTER INSERT ON posts\nBEGIN\n  ${LOGGED}\nEND;`,
  },
  {
    name: 'two in one line with a table, both in lower case',
    severity: 'error',
    migration: `CREATE TABLE n (a); create trigger n_t after insert on n begin select 1; end; create trigger n_u after update on n begin select 2; end; CREATE TABLE m (a);`,
  },
]

/** Look alike, and pass. */
export const WHOLE: TriggerCase[] = [
  {
    name: 'BEGIN and END in capitals',
    migration: `CREATE TRIGGER posts_t AFTER INSERT ON posts BEGIN\n  ${LOGGED}\nEND;`,
  },
  {
    name: 'everything else in lower case',
    migration: `create trigger posts_t after insert on posts\nBEGIN\n  ${LOGGED.toLowerCase()}\nEND;`,
  },
  {
    name: 'CASE in parentheses',
    migration: `CREATE TRIGGER posts_t BEFORE DELETE ON posts\nBEGIN\n  SELECT (CASE WHEN old.id = 1 THEN RAISE(ABORT, 'no') END);\nEND;`,
  },
  {
    name: 'the words in texts, names and comments only',
    migration: `CREATE TABLE w (id INTEGER PRIMARY KEY, begin TEXT, "end" TEXT);\nCREATE TRIGGER w_t AFTER UPDATE OF begin ON w WHEN new.begin <> 'begin; end;'\nBEGIN\n  /* case end; */ UPDATE w SET "end" = 'case x end;' WHERE id = new.id;\nEND;`,
  },
  {
    name: 'CASE of a statement that is no trigger',
    migration: `UPDATE posts SET body = CASE WHEN body IS NULL THEN 'x' ELSE body END;\nCREATE TRIGGER posts_t AFTER INSERT ON posts BEGIN ${LOGGED} END;`,
  },
  {
    name: 'line ends of Windows outside of the trigger',
    migration: `CREATE INDEX posts_i ON posts (title);\r\nCREATE TRIGGER posts_t AFTER INSERT ON posts BEGIN ${LOGGED} END;\r\n`,
  },
  {
    name: 'a line end of Windows in a text of the trigger',
    migration: `CREATE TRIGGER posts_t AFTER INSERT ON posts BEGIN INSERT INTO log VALUES ('a\r\nb', new.title); END;`,
  },
  {
    name: 'behind five tables',
    migration: `${[1, 2, 3, 4, 5].map((n) => `CREATE TABLE n${n} (a);`).join('\n')}\nCREATE TRIGGER posts_t AFTER INSERT ON posts\nBEGIN\n  ${LOGGED}\nEND;`,
  },
  {
    name: 'a table called trigger',
    migration: `CREATE TABLE "trigger" (begin TEXT, a TEXT DEFAULT 'create trigger x begin end');`,
  },
]
