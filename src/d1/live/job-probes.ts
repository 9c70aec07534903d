import { z } from 'zod'
import { readQueryTraffic } from '../cloudflare/query-traffic.js'
import { apiPath, sendAsItIs } from '../cloudflare/send.js'
import { settled, type Lab, type Said } from './lab.js'
import { demand, rowExists, type Probe } from './sql-probes.js'

const bookmarked = z.object({ bookmark: z.string() })
const restored = bookmarked.extend({ previous_bookmark: z.string() })

/** Imports, exports, Time Travel, and what is no statement. */
export const JOB_PROBES: Record<string, Probe> = {
  'import-failed': async (lab) => {
    const { refused } = await lab.import(
      'INSERT INTO item (id) VALUES (1000911);\nINSERT INTO no_such_table VALUES (1);\n',
    )
    if (refused === undefined) return 'all of it: it was not refused'
    return (await rowExists(lab, 1_000_911)) ? 'what stood before it' : 'nothing'
  },
  'import-order': (lab) => reaches(lab, 77, ''),
  'import-far': (lab) => reaches(lab, 78, 'INSERT INTO one VALUES (1);\n'.repeat(100)),
  'import-keys-off': async (lab) => {
    const { refused } = await lab.import(
      'PRAGMA foreign_keys = OFF;\nCREATE TABLE bound (parent INTEGER REFERENCES parent(id));\nINSERT INTO bound VALUES (79);\nDELETE FROM bound;\nPRAGMA foreign_keys = ON;\n',
    )
    return refused === undefined ? 'yes' : 'no'
  },
  'import-again': async (lab) => {
    const sql = 'INSERT INTO item (n) VALUES (-5);\n'
    const { refused, etag } = await lab.import(sql)
    if (refused !== undefined) throw new Error(refused)
    const again = await lab.ask(['import'], { action: 'init', etag })
    if (z.object({ upload_url: z.string() }).safeParse(again.result).success) return 'uploaded again'
    await settled(lab.ask, 'import', again, lab.pauseMs)
    const { rows } = await demand(lab, 'SELECT count(*) AS n FROM item WHERE n = -5')
    return rows[0]?.['n'] === 2 ? 'yes' : 'no'
  },
  'import-available': async (lab) => (await abandonedImport(lab)).meanwhile,
  'import-abandoned': async (lab) => ((await abandonedImport(lab)).left ? 'it ends' : 'taken back'),
  'export-available': async (lab) => {
    const begun = await lab.ask(['export'], { output_format: 'polling' })
    const meanwhile = await lab.query('SELECT 1')
    const failed = await settled(lab.ask, 'export', begun, lab.pauseMs)
    if (failed !== undefined) throw new Error(failed)
    return answering(meanwhile)
  },
  'export-abandoned': async (lab) => {
    await lab.ask(['export'], { output_format: 'polling' })
    const refused = !(await lab.query('SELECT 1')).ok
    await untilFree(lab)
    return refused ? 'yes' : 'no'
  },
  'travel-moves': async (lab) => {
    const { stayed, moved } = await travel(lab)
    if (stayed && moved) return 'yes'
    return stayed ? 'the same after a write' : 'another one without a write'
  },
  'travel-undo': async (lab) => {
    const { undone, back } = await travel(lab)
    return undone && back ? 'yes' : undone ? 'the undo brought nothing back' : 'the row stayed'
  },
  'travel-field': async (lab) => {
    const { asked, told } = await travel(lab)
    return asked === told ? 'asked for' : 'new'
  },
  'cut-connection': async (lab) => {
    const { client, account, database } = lab
    const { host, port, hostname, protocol } = new URL(client.url)
    const body = JSON.stringify({ sql: 'INSERT INTO item (id) VALUES (1000931)' })
    const path = `${new URL(client.url).pathname}${apiPath('accounts', account, 'd1', 'database', database.id, 'query')}`
    const text = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${client.token}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    const { sendAndCut } = await import('./cut.js')
    await sendAndCut({
      hostname,
      port: port === '' ? 443 : Number(port),
      secure: protocol === 'https:',
      text,
    })
    for (let looks = 0; looks < 5; looks += 1) {
      if (await rowExists(lab, 1_000_931)) return 'yes'
      await pause(lab.pauseMs * 2 ** looks)
    }
    return 'no'
  },
  'query-traffic': async ({ client, account, database }) => {
    const env = { CLOUDFLARE_API_TOKEN: client.token, CLOUDFLARE_API_BASE_URL: client.url }
    const reading = await readQueryTraffic({
      target: { database: { ...database, remote: true }, accountId: account },
      env,
    })
    if (reading.state === 'unknown') return `no: ${reading.because}`
    return reading.source === 'graphql' ? 'yes' : 'no'
  },
  'rate-policy': async (lab) => {
    const headers = lab.lastHeaders() ?? (await demand(lab, 'SELECT 1')).headers
    return policyIn(headers)
  },
  'graphql-policy': async ({ client }) => {
    const body = { query: '{ viewer { __typename } }' }
    return policyIn((await sendAsItIs(client, { path: '/graphql', body })).headers)
  },
}

function policyIn(headers: Headers): string {
  const told = /;q=(\d+);w=(\d+)/.exec((headers.get('ratelimit-policy') ?? '').replaceAll(' ', ''))
  return told === null ? 'none is told' : `${told[1]} in ${told[2]} s`
}

/** Whether the child of a parent `id` may come before it in one import, with so much between them. */
async function reaches(lab: Lab, id: number, between: string): Promise<string> {
  const { refused } = await lab.import(
    `PRAGMA defer_foreign_keys = TRUE;\nINSERT INTO child (parent) VALUES (${id});\n${between}INSERT INTO parent VALUES (${id});\n`,
  )
  return refused === undefined ? 'yes' : 'no'
}

/** Long enough to be met while it runs, and read nothing. */
const BUSY =
  'SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT i FROM n);\n'

/** An import that is begun and never asked for: what a query meets at once, and whether its row is there once one is answered. */
function abandonedImport(lab: Lab): Promise<{ meanwhile: string; left: boolean }> {
  return lab.once('an abandoned import', async () => {
    const { state } = await lab.beginImport(`INSERT INTO item (id) VALUES (1000941);\n${BUSY}`)
    if (!state.ok) throw new Error(state.message || `status ${state.status}`)
    const meanwhile = answering(await lab.query('SELECT 1'))
    await untilFree(lab)
    return { meanwhile, left: await rowExists(lab, 1_000_941) }
  })
}

function answering(meanwhile: Said): string {
  if (meanwhile.ok) return 'yes'
  return /export|import/i.test(meanwhile.message) ? 'no' : `no: ${meanwhile.message}`
}

/** Half a minute between two looks in the end: an abandoned export was reported to last for minutes. */
const LONGEST_PAUSES = 30
const MOST_LOOKS = 20

/** Whatever comes next must find the database free. Throws where it does not within some minutes. */
async function untilFree(lab: Lab): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    if ((await lab.query('SELECT 1')).ok) return
    await pause(lab.pauseMs * Math.min(LONGEST_PAUSES, 2 ** looks))
  }
  throw new Error('it was still kept when this was given up')
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Writes a row, goes to before it, and undoes that. `stayed`, `moved`: the bookmark, before the write and by it. */
function travel(
  lab: Lab,
): Promise<{ stayed: boolean; moved: boolean; undone: boolean; back: boolean; asked: string; told: string }> {
  return lab.once('a journey', async () => {
    const id = 1_000_921
    const now = async (): Promise<string> =>
      bookmarked.parse((await lab.ask(['time_travel', 'bookmark'])).result).bookmark
    const before = await now()
    await demand(lab, 'SELECT 1')
    const asked = await now()
    await demand(lab, `INSERT INTO item (id) VALUES (${id})`)
    const moved = (await now()) !== asked
    const there = restored.parse((await lab.ask(['time_travel', 'restore'], {}, { bookmark: asked })).result)
    const undone = !(await rowExists(lab, id))
    await lab.ask(['time_travel', 'restore'], {}, { bookmark: there.previous_bookmark })
    const back = await rowExists(lab, id)
    return { stayed: before === asked, moved, undone, back, asked, told: there.bookmark }
  })
}
