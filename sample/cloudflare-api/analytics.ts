import { GraphqlRefusal, type Field } from './graphql-document.js'
import type { AnalyticsRow, Dataset, QueryEvent } from './jobs.js'

/** What one data set knows: any other name in a question is refused. */
interface DataSetSchema {
  dimensions: readonly string[]
  sum: readonly string[]
  avg: readonly string[]
  quantiles: readonly string[]
}

const TIMES = [
  'date',
  'datetime',
  'datetimeMinute',
  'datetimeFiveMinutes',
  'datetimeFifteenMinutes',
  'datetimeHour',
]
const QUERY_SUMS = ['queryDurationMs', 'rowsRead', 'rowsWritten', 'rowsReturned']
const levels = (name: string): string[] => ['P25', 'P50', 'P75', 'P90', 'P95', 'P99'].map((p) => name + p)

/** The names that Cloudflare's pages and public clients use. */
const DATASETS: Record<Dataset, DataSetSchema> = {
  d1QueriesAdaptiveGroups: {
    dimensions: ['query', 'databaseId', 'databaseRole', 'error', ...TIMES],
    sum: QUERY_SUMS,
    avg: [...QUERY_SUMS, 'sampleInterval'],
    quantiles: levels('queryDurationMs'),
  },
  d1AnalyticsAdaptiveGroups: {
    dimensions: ['databaseId', 'databaseRole', ...TIMES],
    sum: [
      'readQueries',
      'writeQueries',
      'rowsRead',
      'rowsWritten',
      'queryBatchResponseBytes',
      'queryBatchTimeMs',
    ],
    avg: ['queryBatchResponseBytes', 'queryBatchTimeMs', 'sampleInterval'],
    quantiles: [...levels('queryBatchTimeMs'), ...levels('queryBatchResponseBytes')],
  },
  workersInvocationsAdaptive: {
    dimensions: ['scriptName', 'status', ...TIMES],
    sum: ['requests', 'errors', 'subrequests', 'duration'],
    avg: ['sampleInterval'],
    quantiles: [...levels('cpuTime'), ...levels('duration')],
  },
}

const ROWS = 10_000
/** Milliseconds that analytics are kept. */
const KEPT_MS = 31 * 86_400_000
const OPERATORS = ['', '_geq', '_leq', '_gt', '_lt', '_in', '_neq', '_notin', '_like']

export function isDataset(name: string): name is Dataset {
  return Object.hasOwn(DATASETS, name)
}

/** The rows of one data set, grouped by the dimensions that the question names. Throws `GraphqlRefusal` for what it does not know. */
export function answerDataset(
  field: Field,
  source: { traffic: readonly QueryEvent[]; preset: AnalyticsRow[] | undefined; now: number },
): AnalyticsRow[] {
  const { name, args } = field
  if (!isDataset(name)) throw new GraphqlRefusal(`unknown field "${name}"`)
  const schema = DATASETS[name]
  for (const arg of Object.keys(args))
    if (!['limit', 'filter', 'orderBy'].includes(arg)) throw new GraphqlRefusal(`unknown arg ${arg}`)
  const limit = args['limit']
  if (typeof limit !== 'number' || limit < 1 || limit > ROWS)
    throw new GraphqlRefusal(`limit must be positive number and not greater than ${ROWS}`)
  const accepts = filterOf(args['filter'] ?? {}, schema, source.now)
  const order = orderOf(args['orderBy'], schema)
  const dimensions = selectedDimensions(field.fields, schema)
  const { preset, traffic } = source
  if (preset !== undefined)
    return preset
      .filter((row) => acceptsRow(accepts, row))
      .sort(order)
      .slice(0, limit)
  const asked = traffic.filter((event) => accepts(factsOf(event)))
  return grouped(name, asked, dimensions)
    .sort(order)
    .slice(0, limit)
    .map((row) => chosen(row, field.fields))
}

/** Only what the question names. */
function chosen(row: AnalyticsRow, fields: readonly Field[]): AnalyticsRow {
  const entries = fields.map(({ alias, name, fields: inner }) => {
    const value = name === '__typename' ? name : row[name as keyof AnalyticsRow]
    if (typeof value !== 'object') return [alias, value]
    return [alias, Object.fromEntries(inner.map((one) => [one.alias, value[one.name] ?? null]))]
  })
  return Object.fromEntries(entries) as AnalyticsRow
}

/** Refuses what the data set has not; returns the dimensions by which it groups. */
function selectedDimensions(fields: readonly Field[], schema: DataSetSchema): string[] {
  for (const { name, fields: inner } of fields) {
    if (name === 'count' || name === '__typename') continue
    const known = groupOf(schema, name)
    if (known === undefined) throw new GraphqlRefusal(`unknown field "${name}"`)
    for (const one of inner)
      if (!known.includes(one.name)) throw new GraphqlRefusal(`unknown field "${one.name}"`)
  }
  return fields
    .filter(({ name }) => name === 'dimensions')
    .flatMap(({ fields: inner }) => inner.map(({ name }) => name))
}

function groupOf(schema: DataSetSchema, name: string): readonly string[] | undefined {
  return name === 'dimensions' || name === 'sum' || name === 'avg' || name === 'quantiles'
    ? schema[name]
    : undefined
}

type Facts = Record<string, string>

function factsOf({ databaseId, at, query, error }: QueryEvent): Facts {
  const time = (step: number): string =>
    new Date(Math.floor(at / step) * step).toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    databaseId,
    query,
    error,
    databaseRole: 'primary',
    date: time(86_400_000).slice(0, 10),
    datetime: new Date(at).toISOString(),
    datetimeMinute: time(60_000),
    datetimeFiveMinutes: time(300_000),
    datetimeFifteenMinutes: time(900_000),
    datetimeHour: time(3_600_000),
  }
}

type Accepts = (facts: Facts) => boolean

function filterOf(filter: unknown, schema: DataSetSchema, now: number): Accepts {
  if (typeof filter !== 'object' || filter === null) throw new GraphqlRefusal('filter must be an object')
  const conditions = Object.entries(filter).map(([name, value]): Accepts => {
    if (name === 'AND' || name === 'OR') {
      if (!Array.isArray(value)) throw new GraphqlRefusal(`${name} must be a list`)
      const parts = value.map((part: unknown) => filterOf(part, schema, now))
      return (facts) =>
        name === 'AND' ? parts.every((part) => part(facts)) : parts.some((part) => part(facts))
    }
    const dimension = schema.dimensions.find((one) => OPERATORS.some((operator) => one + operator === name))
    if (dimension === undefined) throw new GraphqlRefusal(`unknown arg ${name}`)
    if (name.endsWith('_geq') && dimension.startsWith('date') && Date.parse(String(value)) < now - KEPT_MS)
      throw new GraphqlRefusal('cannot request data older than 4w3d')
    return (facts) => compares(facts[dimension], name.slice(dimension.length), value, dimension)
  })
  return (facts) => conditions.every((condition) => condition(facts))
}

/** A row that was set says nothing of a dimension that it does not have. */
function acceptsRow(accepts: Accepts, { dimensions = {} }: AnalyticsRow): boolean {
  return accepts(new Proxy(dimensions, { get: (held, name) => held[String(name)] ?? ANYTHING }))
}

const ANYTHING = '\0anything'

function compares(fact: string | undefined, operator: string, value: unknown, dimension: string): boolean {
  if (fact === ANYTHING) return true
  if (fact === undefined) return false
  if (operator === '_in' || operator === '_notin')
    return (Array.isArray(value) && value.includes(fact)) === (operator === '_in')
  const wanted = String(value)
  if (operator === '_like') return fact.includes(wanted.replaceAll('%', ''))
  if (operator === '' || operator === '_neq') return (fact === wanted) === (operator === '')
  const [a, b] = dimension.startsWith('date') ? [Date.parse(fact), Date.parse(wanted)] : [fact, wanted]
  if (operator === '_geq') return a >= b
  if (operator === '_leq') return a <= b
  return operator === '_gt' ? a > b : a < b
}

function grouped(dataset: Dataset, events: QueryEvent[], dimensions: string[]): AnalyticsRow[] {
  // Workers there are none.
  if (dataset === 'workersInvocationsAdaptive') return []
  const groups = new Map<string, QueryEvent[]>()
  for (const event of events) {
    const facts = factsOf(event)
    const key = JSON.stringify(dimensions.map((name) => facts[name] ?? ''))
    groups.set(key, [...(groups.get(key) ?? []), event])
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const facts = factsOf(first)
    const named = Object.fromEntries(dimensions.map((name) => [name, facts[name] ?? '']))
    return [
      { ...(dataset === 'd1QueriesAdaptiveGroups' ? queryRow(group) : overview(group)), dimensions: named },
    ]
  })
}

function queryRow(group: QueryEvent[]): AnalyticsRow {
  const count = group.length
  const total = (of: (event: QueryEvent) => number): number => group.reduce((sum, one) => sum + of(one), 0)
  const sum = {
    queryDurationMs: total(({ durationMs }) => durationMs),
    rowsRead: total(({ rowsRead }) => rowsRead),
    rowsWritten: total(({ rowsWritten }) => rowsWritten),
    rowsReturned: total(({ rowsReturned }) => rowsReturned),
  }
  const avg = Object.fromEntries(Object.entries(sum).map(([name, value]) => [name, value / count]))
  const durations = group.map(({ durationMs }) => durationMs).sort((a, b) => a - b)
  const quantiles = Object.fromEntries(
    [25, 50, 75, 90, 95, 99].map((level) => [
      `queryDurationMsP${level}`,
      durations[Math.min(count - 1, Math.floor((count * level) / 100))] ?? 0,
    ]),
  )
  return { count, sum, avg, quantiles }
}

function overview(group: QueryEvent[]): AnalyticsRow {
  const total = (of: (event: QueryEvent) => number): number => group.reduce((sum, one) => sum + of(one), 0)
  return {
    count: group.length,
    sum: {
      readQueries: total(({ rowsWritten }) => (rowsWritten === 0 ? 1 : 0)),
      writeQueries: total(({ rowsWritten }) => (rowsWritten > 0 ? 1 : 0)),
      rowsRead: total(({ rowsRead }) => rowsRead),
      rowsWritten: total(({ rowsWritten }) => rowsWritten),
    },
  }
}

function orderOf(orderBy: unknown, schema: DataSetSchema): (a: AnalyticsRow, b: AnalyticsRow) => number {
  const keys = (Array.isArray(orderBy) ? orderBy : orderBy === undefined ? [] : [orderBy]).map((entry) => {
    const [, path = '', direction] = /^(\w+)_(ASC|DESC)$/.exec(String(entry)) ?? []
    const [, group, name = ''] = /^(sum|avg|quantiles)_(\w+)$/.exec(path) ?? []
    const known =
      path === 'count' ||
      schema.dimensions.includes(path) ||
      groupOf(schema, group ?? '')?.includes(name) === true
    if (!known) throw new GraphqlRefusal(`unknown orderBy ${String(entry)}`)
    const sign = direction === 'DESC' ? -1 : 1
    return (a: AnalyticsRow, b: AnalyticsRow): number => sign * compare(valueAt(a, path), valueAt(b, path))
  })
  return (a, b) => keys.map((key) => key(a, b)).find((result) => result !== 0) ?? 0
}

function valueAt(row: AnalyticsRow, path: string): number | string {
  const [group, name = ''] = path.split('_')
  if (path === 'count') return row.count ?? 0
  if (group === 'sum' || group === 'avg' || group === 'quantiles') return row[group]?.[name] ?? 0
  return row.dimensions?.[path] ?? ''
}

function compare(a: number | string, b: number | string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
