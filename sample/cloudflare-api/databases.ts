import { databaseNotFound } from './failure.js'
import { page, success, type Route } from './exchange.js'
import type { LocalDatabase } from './local-database.js'

const BASE = '^/accounts/(?<account>[^/]+)/d1/database'

export const databaseRoutes: Route[] = [
  {
    name: 'list',
    method: 'GET',
    pattern: new RegExp(`${BASE}$`),
    handle: ({ service, url }) => {
      const wanted = url.searchParams.get('name')
      const found = [...service.databases.values()].filter(
        ({ name }) => wanted === null || name.includes(wanted),
      )
      return page(found.map(listed), url)
    },
  },
  {
    name: 'info',
    method: 'GET',
    pattern: new RegExp(`${BASE}/(?<database>[^/]+)$`),
    handle: ({ service, path, url }) => {
      const asked = path['database'] ?? ''
      const database =
        service.databases.get(asked) ?? [...service.databases.values()].find(({ name }) => name === asked)
      if (database === undefined) throw databaseNotFound(asked)
      const fields = url.searchParams.getAll('fields').flatMap((list) => list.split(','))
      const entries = Object.entries(described(database))
      return success(
        Object.fromEntries(fields.length === 0 ? entries : entries.filter(([name]) => fields.includes(name))),
      )
    },
  },
]

function listed(database: LocalDatabase): Record<string, unknown> {
  return {
    uuid: database.id,
    name: database.name,
    created_at: database.createdAt.toISOString(),
    version: 'production',
    num_tables: database.tableCount(),
    file_size: database.size(),
    jurisdiction: null,
  }
}

function described(database: LocalDatabase): Record<string, unknown> {
  return { ...listed(database), running_in_region: 'WEUR', read_replication: { mode: 'disabled' } }
}
