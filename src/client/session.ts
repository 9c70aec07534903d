import type { connectClient } from '../temporal/connection.js'

/** A connection to Temporal, for as long as one command needs it. */
export type Session = Awaited<ReturnType<typeof connectClient>>

/** Throws `TemporalUnreachable`. Closes the connection however `work` ends. */
export async function withSession<T>(projectDir: string, work: (session: Session) => Promise<T>): Promise<T> {
  const { connectClient } = await import('../temporal/connection.js')
  const session = await connectClient({ projectDir })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}
