import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { RunbookError } from '../contract/failures.js'
import { readPublicKey } from '../runbook/people/ssh-key.js'
import { SIGNATURE_NAMESPACE } from '../runbook/people/signature.js'
import { git, sshSign } from '../process/programs.js'
import { scratchFolder } from '../process/scratch-folder.js'

const ADVICE =
  'Say which key: --sign-key ~/.ssh/id_ed25519 (or its .pub, when it is in the agent), or set D1_RUNBOOK_SIGN_KEY.'

const HARDWARE_ADVICE =
  'Say which key: --sign-key ~/.ssh/id_ed25519_sk, or set D1_RUNBOOK_SIGN_KEY. One is made by: ssh-keygen -t ed25519-sk; its .pub line goes to your publicKeys in runbook.config. With a passkey, decide in the console.'
/** As `ssh-keygen` names them where nothing else is said. */
const HARDWARE_KEYS = ['id_ed25519_sk', 'id_ecdsa_sk']

/** Which key signs, and where git's configuration is read. */
export interface Signing {
  /** `--sign-key`. */
  key?: string | undefined
  folder: string
  /** The gate counts only what a hardware key signed. */
  hardware?: boolean | undefined
}

/** The armoured signature of a text, by the person's own SSH key. Throws `NotPermitted` where there is no key, or it does not sign. */
export async function signText(text: string, { key, folder, hardware }: Signing): Promise<string> {
  return withKeyFile(await findKey(key, folder, hardware === true), async (file) => {
    const signed = await sshSign({ key: file, namespace: SIGNATURE_NAMESPACE, text })
    if (signed.signature !== undefined) return signed.signature
    throw new RunbookError('NotPermitted', `ssh-keygen did not sign with ${file}: ${signed.reason}`, {
      advice: ADVICE,
    })
  })
}

/** As git finds its own: asked for, configured, or the usual place. A file, or a public key that the agent holds. */
async function findKey(asked: string | undefined, folder: string, hardware: boolean): Promise<string> {
  const named = asked ?? process.env['D1_RUNBOOK_SIGN_KEY']
  if (named !== undefined && named !== '') {
    const file = inHome(named)
    if (existsSync(file)) return file
    throw new RunbookError('ConfigInvalid', `There is no key file ${file}.`, { advice: ADVICE })
  }
  const configured = (await git(folder, ['config', 'user.signingkey'])) ?? ''
  const literal = configured.replace(/^key::/, '')
  if (isKeyLine(literal)) return literal
  // Anything else may be the ID of a GPG key.
  if (configured !== '' && existsSync(inHome(configured))) return inHome(configured)
  const names = hardware ? HARDWARE_KEYS : ['id_ed25519', ...HARDWARE_KEYS]
  const usual = names.map((name) => path.join(os.homedir(), '.ssh', name))
  const found = usual.flatMap((file) => [file, `${file}.pub`]).find((file) => existsSync(file))
  if (found !== undefined) return found
  throw new RunbookError(
    'NotPermitted',
    hardware
      ? 'This gate counts only decisions signed with a hardware key, and none was found.'
      : 'This run counts signed decisions only, and no SSH key was found.',
    { advice: hardware ? HARDWARE_ADVICE : ADVICE },
  )
}

/** ssh-keygen wants a file, also for a public key whose private half only the agent has. */
async function withKeyFile<T>(key: string, work: (file: string) => Promise<T>): Promise<T> {
  if (!isKeyLine(key)) return work(key)
  const { folder, remove } = await scratchFolder('key')
  try {
    const file = path.join(folder, 'key.pub')
    await writeFile(file, `${key}\n`)
    return await work(file)
  } finally {
    await remove()
  }
}

function isKeyLine(text: string): boolean {
  return readPublicKey(text) !== undefined
}

function inHome(file: string): string {
  return path.resolve(file.replace(/^~(?=[/\\])/, os.homedir()))
}
