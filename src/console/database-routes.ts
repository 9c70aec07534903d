import type { Hono } from 'hono'
import { setTimeout as sleep } from 'node:timers/promises'
import { known, Looks, type ConsoleDatabases } from './databases.js'
import type { ConsoleOptions } from './options.js'
import { databasesPage } from './pages/databases.js'
import { mayReadOf, readable } from './readers.js'
import { fieldsOf, page, problem, type Asked, type Env } from './respond.js'
import type { ConsoleRuns } from './runs.js'

/** Whoever asked for a look sees the page again after this long, whether it is over or not. Milliseconds. */
const PATIENCE_MS = 20_000

/** The databases of the configuration: how they stand, as far as somebody has looked. */
export function addDatabases(
  app: Hono<Env>,
  { people, readers, timeZone, now = Date.now }: ConsoleOptions,
  { databases, runs: all }: { databases: ConsoleDatabases; runs: ConsoleRuns },
): void {
  const looks = new Looks(now)
  const seenBy = (c: Asked) => {
    const mayRead = mayReadOf(c.get('person'), { readers, people })
    const entries = databases.entries.filter(({ environment }) => mayRead(environment))
    return { entries, runs: readable(all, mayRead) }
  }

  app.get('/databases', async (c) => {
    const { entries, runs } = seenBy(c)
    const rows = await Promise.all(
      entries.map(async (entry) => {
        const { environment, database } = entry
        const last =
          'unknown' in database
            ? database
            : await known(() => runs.lastRuns({ environment, database: database.value.id }))
        return { entry, runs: last, ...looks.last(environment) }
      }),
    )
    return page(c, { title: 'Databases', here: 'databases' }, databasesPage(rows, { now: now(), timeZone }))
  })
  app.post('/databases', async (c) => {
    const { entries, runs } = seenBy(c)
    const asked = (await fieldsOf(c))('environment')
    const entry = entries.find(({ environment }) => environment === asked)
    if (entry === undefined) return problem(c, 404, 'Not here', 'There is no such database.')
    await Promise.race([
      looks.take(entry, { databases, runs }),
      sleep(PATIENCE_MS, undefined, { ref: false }),
    ])
    return c.redirect('/databases', 303)
  })
}
