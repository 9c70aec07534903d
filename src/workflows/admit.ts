import { patched } from '@temporalio/workflow'
import { read } from './activities.js'
import { failureOf } from './endings.js'
import type { Run } from './run.js'

/**
 * Before anything else: the worker's charter says what of the request holds. Anybody with the namespace can send a request, and the
 * workflow knows nothing but what it is sent.
 * @throws NotAdmitted
 */
export async function admit(run: Run): Promise<void> {
  if (!patched('admitted')) return
  const { bundle: _checkedWhereItIsUnpacked, ...request } = run.request
  try {
    const { effective, ...admission } = await run.audited(
      read.admit.executeWithOptions({ summary: 'Held against the charter' }, [{ request }]),
    )
    run.holdTo(effective, admission)
  } catch (error) {
    run.refused = failureOf(error).type === 'NotAdmitted'
    throw error
  }
}
