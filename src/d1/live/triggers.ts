const BODY = 'UPDATE shape SET n = 0 WHERE id = -1;'

/** By the assumption that each is for: the text that makes a trigger `NAME` on the table `shape`, and with it what goes before it. */
const SHAPES: Record<string, (name: string) => string> = {
  'trigger-plain': (name) => `CREATE TRIGGER ${name} AFTER INSERT ON shape BEGIN ${BODY} END;`,
  'trigger-capitals': (name) => `CREATE TRIGGER ${name} AFTER INSERT ON shape begin ${BODY} end;`,
  'trigger-begin': (name) => `CREATE TRIGGER ${name} AFTER INSERT ON shape begin ${BODY} END;`,
  'trigger-end': (name) => `CREATE TRIGGER ${name} AFTER INSERT ON shape BEGIN ${BODY} end;`,
  'trigger-bare-case': (name) =>
    `CREATE TRIGGER ${name} AFTER INSERT ON shape BEGIN UPDATE shape SET n = CASE WHEN n > 0 THEN 1 ELSE 0 END; ${BODY} END;`,
  'trigger-case-inside': (name) =>
    `CREATE TRIGGER ${name} AFTER INSERT ON shape BEGIN UPDATE shape SET n = CASE WHEN n > 0 THEN 1 ELSE 0 END WHERE id = -1; END;`,
  'trigger-held-case': (name) =>
    `CREATE TRIGGER ${name} AFTER INSERT ON shape BEGIN UPDATE shape SET n = (CASE WHEN n > 0 THEN 1 ELSE 0 END) WHERE id = -1; END;`,
  'trigger-windows-lines': (name) =>
    `CREATE TRIGGER ${name} AFTER INSERT ON shape\r\nBEGIN\r\n  ${BODY}\r\nEND;`,
  'trigger-far-down': (name) => `${tables(name, 6)}\n${inLines(name)}`,
  'trigger-lines': (name) => `${tables(name, 1)}\n${inLines(name)}`,
}

function inLines(name: string): string {
  return `CREATE TRIGGER ${name} AFTER INSERT ON shape\nBEGIN\n  ${BODY}\nEND;`
}

function tables(name: string, count: number): string {
  return Array.from({ length: count }, (_, at) => `CREATE TABLE before_${name}_${at} (id INTEGER);`).join(
    '\n',
  )
}

/** One shape of trigger, to be made in a way of its own; the name is free. */
export interface TriggerShape {
  id: string
  name: string
  sql: string
}

/** Every shape under names that end with `way`: no probe has to take away what another one made. */
export function triggerShapes(way: string): TriggerShape[] {
  return Object.entries(SHAPES).map(([id, sqlOf]) => {
    const name = `${id.replaceAll('-', '_')}_${way}`
    return { id, name, sql: sqlOf(name) }
  })
}
