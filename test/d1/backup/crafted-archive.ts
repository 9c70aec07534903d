import { createHash } from 'node:crypto'
import yauzl from 'yauzl'
import yazl from 'yazl'

export async function readEntries(file: string): Promise<Record<string, Buffer>> {
  const zip = await yauzl.openPromise(file, { lazyEntries: true })
  const found: Record<string, Buffer> = {}
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = []
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
    found[entry.fileName] = Buffer.concat(chunks)
  }
  return found
}

export async function zipOf(content: [string, Buffer][]): Promise<Buffer> {
  const zip = new yazl.ZipFile()
  for (const [name, bytes] of content) zip.addBuffer(bytes, name)
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** An archive that agrees with itself: the metadata has the size and the sum of the changed dump. */
export function withSql(entries: Record<string, Buffer>, change: (sql: string) => string): Promise<Buffer> {
  const sql = Buffer.from(change(String(entries['database.sql'])))
  const metadata = JSON.parse(String(entries['metadata.json'])) as Record<string, unknown>
  metadata['sha256'] = createHash('sha256').update(sql).digest('hex')
  metadata['sizeBytes'] = sql.byteLength
  const changed = { 'database.sql': sql, 'metadata.json': Buffer.from(JSON.stringify(metadata)) }
  return zipOf(Object.entries({ ...entries, ...changed }))
}
