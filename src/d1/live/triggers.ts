/** Shapes of triggers, by the assumption that each is for; all within the throw-away database's table `item`. */
export const TRIGGERS = {
  'trigger-plain':
    'CREATE TRIGGER plain AFTER INSERT ON item BEGIN UPDATE item SET n = 0 WHERE id = -1; END;',
  'trigger-capitals':
    'CREATE TRIGGER small AFTER INSERT ON item begin UPDATE item SET n = 0 WHERE id = -1; end;',
  'trigger-bare-case':
    'CREATE TRIGGER bare AFTER INSERT ON item BEGIN UPDATE item SET n = CASE WHEN n > 0 THEN 1 ELSE 0 END; UPDATE item SET n = 0 WHERE id = -1; END;',
  'trigger-held-case':
    'CREATE TRIGGER held AFTER INSERT ON item BEGIN UPDATE item SET n = (CASE WHEN n > 0 THEN 1 ELSE 0 END) WHERE id = -1; END;',
  'trigger-windows-lines':
    'CREATE TRIGGER lines AFTER INSERT ON item\r\nBEGIN\r\n  UPDATE item SET n = 0 WHERE id = -1;\r\nEND;',
  'trigger-far-down': `${Array.from({ length: 6 }, (_, at) => `CREATE TABLE before_${at} (id INTEGER);`).join('\n')}
CREATE TRIGGER far AFTER INSERT ON item
BEGIN
  UPDATE item SET n = 0 WHERE id = -1;
END;`,
} as const

/** Takes away what the texts above may have made. */
export const WITHOUT_TRIGGERS = [
  ...['plain', 'small', 'bare', 'held', 'lines', 'far'].map((name) => `DROP TRIGGER IF EXISTS ${name};`),
  ...Array.from({ length: 6 }, (_, at) => `DROP TABLE IF EXISTS before_${at};`),
].join('\n')
