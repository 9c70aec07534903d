import { defined } from '../../contract/defined.js'
import type { DatabaseSync } from 'node:sqlite'
import { cellText } from '../../d1/sqlite/sqlite.js'

export interface PlanNode {
  detail: string
  children: PlanNode[]
}

/** A table that is read from its start again and again. */
export interface Loop {
  /** As the plan names it: a table, or its alias. */
  name: string
  /** How often, at most. */
  times: number
  rows: number
}

export interface PlanCost {
  /** Rows read at most: conditions may stop a loop earlier. */
  rows: number
  /** The most costly of the scans inside of others. */
  worst?: Loop
}

/** Throws what SQLite throws when the statement does not compile. Source: https://sqlite.org/eqp.html */
export function queryPlan(database: DatabaseSync, sql: string): PlanNode[] {
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
  const root: PlanNode = { detail: '', children: [] }
  const nodes = new Map<number, PlanNode>([[0, root]])
  for (const row of rows) {
    const node = { detail: cellText(row['detail']), children: [] }
    nodes.set(Number(row['id']), node)
    nodes.get(Number(row['parent']))?.children.push(node)
  }
  return root.children
}

/** Whether something is read inside of a loop: only then the counts of the tables matter. */
export function isNested(plan: PlanNode[]): boolean {
  const scans = plan.filter(({ detail }) => isScan(detail)).length
  return (
    scans > 1 ||
    (scans > 0 && plan.some(({ detail, children }) => isCorrelated(detail) && reads(children))) ||
    plan.some(({ children }) => isNested(children))
  )
}

/** Siblings are loops within each other, in their order; a correlated subquery runs for each row of the loops before it. */
export function planCost(plan: PlanNode[], rowsOf: (name: string) => number, times = 1): PlanCost {
  let cost: PlanCost = { rows: 0 }
  let loops = times
  const add = (found: PlanCost): void => {
    const worst = [cost.worst, found.worst].sort((a, b) => weight(b) - weight(a))[0]
    cost = { rows: cost.rows + found.rows, ...defined({ worst }) }
  }
  for (const { detail, children } of plan) {
    const name = /^(?:SCAN|SEARCH) (\S+)/.exec(detail)?.[1]
    if (name === undefined) {
      add(planCost(children, rowsOf, isCorrelated(detail) ? loops : times))
      continue
    }
    const rows = rowsOf(name)
    // An automatic index is made once, by reading the table.
    const made = /USING AUTOMATIC/.test(detail) ? rows * times : 0
    if (!isScan(detail)) {
      add({ rows: loops + made })
      continue
    }
    add({ rows: loops * rows, ...(loops > 1 ? { worst: { name, times: loops, rows } } : {}) })
    if (!/\bEXISTS\b/.test(detail)) loops *= Math.max(1, rows)
  }
  return cost
}

function weight(loop: Loop | undefined): number {
  return loop === undefined ? 0 : loop.times * loop.rows
}

/** SEARCH without an index looks for a min or max through the whole table. */
function isScan(detail: string): boolean {
  return detail.startsWith('SCAN') || (detail.startsWith('SEARCH') && !detail.includes(' USING '))
}

function isCorrelated(detail: string): boolean {
  return detail.startsWith('CORRELATED')
}

function reads(plan: PlanNode[]): boolean {
  return plan.some(({ detail, children }) => isScan(detail) || reads(children))
}
