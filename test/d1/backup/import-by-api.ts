import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { CloudflareApi } from '../../../sample/cloudflare-api/index.js'

const resultSchema = z.object({
  filename: z.string().optional(),
  upload_url: z.string().optional(),
  at_bookmark: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
})

/** Imports a text as `wrangler d1 execute --file` does, without a Wrangler. Throws what D1 refuses it with. */
export async function importByApi(api: CloudflareApi, databaseId: string, sql: Buffer): Promise<void> {
  const ask = async (body: object): Promise<z.infer<typeof resultSchema>> => {
    const response = await fetch(`${api.url}/accounts/${api.accountId}/d1/database/${databaseId}/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}` },
      body: JSON.stringify(body),
    })
    return z.object({ result: resultSchema }).parse(await response.json()).result
  }
  const etag = createHash('md5').update(sql).digest('hex')
  const { filename, upload_url: address = '' } = await ask({ action: 'init', etag })
  await fetch(address, { method: 'PUT', body: new Uint8Array(sql) })
  let job = await ask({ action: 'ingest', etag, filename })
  while (job.status === 'active') job = await ask({ action: 'poll', current_bookmark: job.at_bookmark })
  if (job.status !== 'complete') throw new Error(job.error ?? 'the import gave no reason')
}
