import { z } from 'zod'

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, 'the name of a variable')

/** Production data goes there: in the clear only where nothing leaves this machine. */
const endpoint = z
  .url({
    protocol: /^https?$/,
    hostname: /./,
    error: 'an https address',
  })
  .refine(
    (url) =>
      url.startsWith('https:') ||
      /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/.test(url),
    'an https address',
  )

/**
 * Where archives, large bundles and the files of runs are kept for every worker. Absent from a target: beside the project or in the
 * worker's home, as one machine has them. No secrets, only names of variables.
 */
export const storageSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('folder'),
    /** The same on every worker, such as a mounted disk. Absolute once it is resolved. */
    path: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal('s3'),
    bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket'),
    /** Absent: Amazon's own for the region. */
    endpoint: endpoint.optional(),
    region: z.string().min(1).default('auto'),
    /** Folder inside the bucket. */
    prefix: z
      .string()
      .regex(/^(?:[\w.-]+(?:\/[\w.-]+)*)?$/, 'names parted by "/", of letters, digits, ".", "_" and "-"')
      .default(''),
    /** Variables that hold the key and its secret. */
    keyIdEnv: variableName.default('RUNBOOK_STORAGE_KEY_ID'),
    secretEnv: variableName.default('RUNBOOK_STORAGE_SECRET'),
  }),
])
export type Storage = z.infer<typeof storageSchema>

/** Variables of the worker without which nothing can be kept or read there. */
export function variablesOfStorage(storage: Storage | undefined): string[] {
  return storage?.kind === 's3' ? [storage.keyIdEnv, storage.secretEnv] : []
}
