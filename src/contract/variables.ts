import { soundsLikeCredential } from './credential-name.js'
import { secretsOf, type Channel } from './announcement.js'
import { RunbookError } from './failures.js'
import { noteSecret } from './given-secrets.js'
import type { Probe } from './monitoring.js'
import { variablesOfStorage, type Storage } from './storage.js'

/** Variables of this prefix may be named by any configuration: they exist for nothing else. */
export const OWN_VARIABLES = 'RUNBOOK_'

/** What opens the database, the runs themselves and their histories. Windows knows no case in their names. */
const CREDENTIALS = /^(?:CLOUDFLARE_|CF_API_|CF_ACCOUNT_|TEMPORAL_|D1_RUNBOOK_CODEC_|D1_RUNBOOK_GITHUB_)/i

/**
 * Variables that a configuration opens to channels and headers though they are called like a credential: whoever changes an address there
 * has them sent to it. Not those that its storage names, which it cannot do without. In a sentence, with the way out; undefined: none.
 */
export function openedCredentials(
  variables: readonly string[],
  storages: readonly (Storage | undefined)[],
): { message: string; advice: string } | undefined {
  const needed = new Set(storages.flatMap(variablesOfStorage))
  const opened = variables.filter((name) => soundsLikeCredential(name) && !needed.has(name))
  if (opened.length === 0) return undefined
  return {
    message: `"variables" opens ${opened.join(', ')} to every channel, header and testCommand of the configuration, by the name a credential: whoever changes an address there has it sent to it`,
    advice: `Take it out of "variables", or let it be one that opens no more than what it is sent to, under a name that begins with ${OWN_VARIABLES}.`,
  }
}

/** What an environment holds, and which of it a configuration may name besides those of {@link OWN_VARIABLES}. */
export interface NamedVariables {
  env: Record<string, string | undefined>
  /** `variables` of runbook.config. */
  variables: readonly string[]
}

/** Why a channel, or a header of a probe, may not name this variable; undefined where it may. */
export function whyForbidden(name: string, variables: readonly string[]): string | undefined {
  if (CREDENTIALS.test(name)) return `${name} is a credential, which no channel and no header may name`
  if (name.startsWith(OWN_VARIABLES) || variables.includes(name)) return undefined
  return `${name} may not be named: only variables that begin with ${OWN_VARIABLES}, and those in "variables" of the worker's runbook.config`
}

/**
 * The value of a variable that a channel or a probe names; undefined where it is not set. Throws `ConfigInvalid` for one that
 * may not be named.
 */
export function readVariable(name: string, { env, variables }: NamedVariables): string | undefined {
  const why = whyForbidden(name, variables)
  if (why !== undefined)
    throw new RunbookError('ConfigInvalid', why, {
      advice: `Rename it to begin with ${OWN_VARIABLES}, or add its name to "variables" in the runbook.config of the worker's project.`,
    })
  const value = env[name]
  if (value === undefined || value === '') return undefined
  noteSecret(value)
  return value
}

/** The value of one that must be there. Throws as {@link readVariable} does, and where it is not set. */
export function demandVariable(name: string, here: NamedVariables): string {
  const value = readVariable(name, here)
  if (value !== undefined) return value
  throw new RunbookError('ConfigInvalid', `the worker has no ${name}`, {
    advice: `Set ${name} in the environment of the worker.`,
  })
}

/** Which of them are set and may be named, by name only: values never leave `env`. `list`: all of them, for people. */
export function lookUpVariables(
  input: Parameters<typeof variablesOf>[0],
  { env, variables }: NamedVariables,
): { list: string; missing: string[]; forbidden: string[] } {
  const wanted = variablesOf(input)
  const forbidden = wanted.flatMap((name) => whyForbidden(name, variables) ?? [])
  const missing = wanted.filter(
    (name) => whyForbidden(name, variables) === undefined && (env[name] ?? '') === '',
  )
  return { list: wanted.length === 0 ? 'none are needed' : wanted.join(', '), missing, forbidden }
}

const FROM_ENVIRONMENT = 'env:'

/** The variable that a header's value stands for; undefined: it stands for itself. */
export function variableOfHeader(value: string): string | undefined {
  return value.startsWith(FROM_ENVIRONMENT) ? value.slice(FROM_ENVIRONMENT.length) : undefined
}

/** Environment variables that the worker must have for these channels, probes and this storage, each once. */
export function variablesOf(input: {
  channels: readonly Channel[]
  probes?: readonly Probe[]
  storage?: Storage | undefined
}): string[] {
  const headers = (input.probes ?? []).flatMap((probe) =>
    'headers' in probe ? Object.values(probe.headers ?? {}) : [],
  )
  const named = headers.flatMap((value) => variableOfHeader(value) ?? [])
  return [...new Set([...input.channels.flatMap(secretsOf), ...named, ...variablesOfStorage(input.storage)])]
}
