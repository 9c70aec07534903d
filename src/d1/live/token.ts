import { apiPath, sendAsItIs } from '../cloudflare/send.js'
import type { Lab } from './lab.js'

/** Which of the two addresses knows the token. */
export async function whoKnowsToken({ client, account }: Lab): Promise<string> {
  const user = await sendAsItIs(client, { path: apiPath('user', 'tokens', 'verify') })
  if (user.status === 200) return 'user'
  const own = await sendAsItIs(client, { path: apiPath('accounts', account, 'tokens', 'verify') })
  return own.status === 200 ? 'account' : 'neither'
}
