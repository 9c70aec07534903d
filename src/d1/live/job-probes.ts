import { z } from 'zod'
import { readQueryTraffic } from '../cloudflare/query-traffic.js'
import { apiPath } from '../cloudflare/send.js'
import { settled, type Lab } from './lab.js'
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
  'import-order': (lab) => reaches(lab, ''),
  'import-far': (lab) => reaches(lab, 'INSERT INTO one VALUES (1);\n'.repeat(100)),
  'import-keys-off': async (lab) => {
    const { refused } = await lab.import(
      'PRAGMA foreign_keys = OFF;\nINSERT INTO bound VALUES (78);\nDELETE FROM bound;\nPRAGMA foreign_keys = ON;\n',
    )
    await demand(lab, 'DELETE FROM bound')
    return refused === undefined ? 'yes' : 'no'
  },
  'import-again': async (lab) => {
    const sql = 'INSERT INTO one VALUES (5);\n'
    const { refused, etag } = await lab.import(sql)
    if (refused !== undefined) throw new Error(refused)
    const again = await lab.ask(['import'], { action: 'init', etag })
    const offered = z.object({ upload_url: z.string() }).safeParse(again.result).success
    if (!offered) await settled(lab.ask, 'import', again, lab.pauseMs)
    const { rows } = await demand(lab, 'SELECT count(*) AS n FROM one')
    await demand(lab, 'DELETE FROM one')
    if (offered) return 'uploaded again'
    return rows[0]?.['n'] === 2 ? 'yes' : 'no'
  },
  'export-available': async (lab) => {
    const begun = await lab.ask(['export'], { output_format: 'polling' })
    const meanwhile = await lab.query('SELECT 1')
    const failed = await settled(lab.ask, 'export', begun, lab.pauseMs)
    if (failed !== undefined) throw new Error(failed)
    if (meanwhile.ok) return 'yes'
    return /export/i.test(meanwhile.message) ? 'no' : `no: ${meanwhile.message}`
  },
  'export-abandoned': async (lab) => {
    await lab.ask(['export'], { output_format: 'polling' })
    const refused = !(await lab.query('SELECT 1')).ok
    // Whatever comes next must find the database free.
    for (let looks = 0; looks < 120; looks += 1) {
      if ((await lab.query('SELECT 1')).ok) return refused ? 'yes' : 'no'
      await new Promise((resolve) => setTimeout(resolve, lab.pauseMs))
    }
    throw new Error('it was still kept when this was given up')
  },
  'travel-undo': async (lab) => {
    const { undone, back } = await travel(lab, 1_000_921)
    return undone && back ? 'yes' : undone ? 'the undo brought nothing back' : 'the row stayed'
  },
  'travel-field': async (lab) => {
    const { asked, told } = await travel(lab, 1_000_922)
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
    for (let looks = 0; looks < 10; looks += 1) {
      if (await rowExists(lab, 1_000_931)) return 'yes'
      await new Promise((resolve) => setTimeout(resolve, lab.pauseMs))
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
    const { headers } = await demand(lab, 'SELECT 1')
    const told = /;q=(\d+);w=(\d+)/.exec((headers.get('ratelimit-policy') ?? '').replaceAll(' ', ''))
    return told === null ? 'none is told' : `${told[1]} in ${told[2]} s`
  },
}

/** Whether a child may come before its parent in one import, with so much between them. */
async function reaches(lab: Lab, between: string): Promise<string> {
  const { refused } = await lab.import(
    `PRAGMA defer_foreign_keys = TRUE;\nINSERT INTO child (parent) VALUES (77);\n${between}INSERT INTO parent VALUES (77);\n`,
  )
  await demand(lab, 'DELETE FROM child; DELETE FROM parent; DELETE FROM one')
  return refused === undefined ? 'yes' : 'no'
}

/** Writes a row, goes to before it, and undoes that. */
async function travel(
  lab: Lab,
  id: number,
): Promise<{ undone: boolean; back: boolean; asked: string; told: string }> {
  const { bookmark: asked } = bookmarked.parse((await lab.ask(['time_travel', 'bookmark'])).result)
  await demand(lab, `INSERT INTO item (id) VALUES (${id})`)
  const there = restored.parse((await lab.ask(['time_travel', 'restore'], {}, { bookmark: asked })).result)
  const undone = !(await rowExists(lab, id))
  await lab.ask(['time_travel', 'restore'], {}, { bookmark: there.previous_bookmark })
  return { undone, back: await rowExists(lab, id), asked, told: there.bookmark }
}
