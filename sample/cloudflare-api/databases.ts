import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { ApiFailure, databaseNotFound } from './failure.js'
import { bodyOf, databaseOf, page, success, type Route } from './exchange.js'
import { History } from './history.js'
import { LocalDatabase } from './local-database.js'

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
    name: 'create',
    method: 'POST',
    pattern: new RegExp(`${BASE}$`),
    handle: (exchange) => {
      const { service } = exchange
      const { name } = bodyOf(exchange, z.object({ name: z.string().min(1) }))
      if ([...service.databases.values()].some((database) => database.name === name))
        throw new ApiFailure(400, 7502, `A database with the name ${name} exists already`)
      const id = randomUUID()
      const { folder, engine } = service
      const database = new LocalDatabase({ id, name, file: join(folder, `${id}.sqlite`), ...engine })
      service.databases.set(id, database)
      service.histories.set(id, new History(database, join(folder, 'time-travel', id)))
      return success(described(database))
    },
  },
  {
    name: 'delete',
    method: 'DELETE',
    pattern: new RegExp(`${BASE}/(?<database>[^/]+)$`),
    handle: (exchange) => {
      const database = databaseOf(exchange)
      database.close()
      exchange.service.databases.delete(database.id)
      exchange.service.histories.delete(database.id)
      rmSync(database.file, { force: true })
      return success(null)
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
    jurisdiction: null,
  }
}

function described(database: LocalDatabase): Record<string, unknown> {
  const size = { num_tables: database.tableCount(), file_size: database.size() }
  return { ...listed(database), ...size, running_in_region: 'WEUR', read_replication: { mode: 'disabled' } }
}
