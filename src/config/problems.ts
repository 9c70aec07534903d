import type { z } from 'zod'
import { redact } from '../process/redact.js'
import { didYouMean } from './closest.js'

type Issue = z.core.$ZodIssue

/** One line per problem: the path, what was found there, what is allowed. `schema`: the JSON schema of what was read. */
export function describeProblems(error: Pick<z.ZodError, 'issues'>, schema: Node): string[] {
  return error.issues.flatMap((issue) => describeIssue(issue, [], schema))
}

function describeIssue(issue: Issue, parentPath: PropertyKey[], schema: Node): string[] {
  const path = [...parentPath, ...issue.path]
  const where = pathText(path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const allowed = allowedKeys(path, schema)
        return `${pathText([...path, key])}: unknown setting.${didYouMean(key, allowed)} Allowed: ${allowed.join(', ')}.`
      })
    case 'invalid_value':
      return [`${where}: found ${found(issue.input)}, allowed: ${issue.values.map(found).join(', ')}.`]
    case 'invalid_type':
      return [`${where}: found ${found(issue.input)}, allowed: ${issue.expected}.`]
    case 'invalid_union': {
      const options = discriminatorValues(
        path.slice(0, issue.discriminator === undefined ? undefined : -1),
        schema,
      )
      if (issue.discriminator !== undefined)
        return [`${where}: found ${found(valueOf(issue))}, allowed: ${options.map(found).join(', ')}.`]
      // The branch that came furthest explains best; a branch that failed on the type alone says only "or".
      const nested = issue.errors.map((branch) => branch.flatMap((each) => describeIssue(each, path, schema)))
      const formats = issue.errors.flat().find((each) => each.code === 'invalid_format')
      return formats === undefined
        ? [`${where}: found ${found(issue.input)}, allowed: ${unionTypes(issue.errors)}.`]
        : (nested[issue.errors.findIndex((branch) => branch.includes(formats))] ?? [])
    }
    case 'invalid_key':
      return [`${where}: unknown name.${keyChoices(issue)}`]
    default:
      return [`${where}: found ${found(issue.input)}, allowed: ${issue.message}.`]
  }
}

function valueOf(issue: Issue): unknown {
  const input: unknown = issue.input
  const key = issue.path.at(-1)
  return typeof input === 'object' && input !== null && key !== undefined
    ? (input as Record<PropertyKey, unknown>)[key]
    : input
}

function unionTypes(branches: Issue[][]): string {
  const types = branches.flatMap((branch) =>
    branch.map((issue) => (issue.code === 'invalid_type' ? issue.expected : issue.message)),
  )
  return [...new Set(types)].join(' or ')
}

function keyChoices(issue: Issue & { code: 'invalid_key' }): string {
  const values = issue.issues.flatMap((inner) => (inner.code === 'invalid_value' ? inner.values : []))
  const key = String(issue.path.at(-1) ?? '')
  const names = values.map(String)
  return `${didYouMean(key, names)} Allowed: ${names.join(', ')}.`
}

function found(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'bigint' || typeof value === 'symbol') return value.toString()
  if (typeof value === 'function') return 'a function'
  // Somebody may have taken a secret for what stands here.
  const shown = redact(JSON.stringify(value))
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown
}

function pathText(path: PropertyKey[]): string {
  if (path.length === 0) return 'the configuration'
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('')
}

type Node = Record<string, unknown>

/** The JSON schema's node at `path`: it knows the allowed keys where zod's issue does not tell them. */
function nodeAt(path: PropertyKey[], schema: Node): Node | undefined {
  let node: Node | undefined = schema
  for (const key of path) {
    if (node === undefined) return undefined
    const properties = node['properties'] as Record<string, Node> | undefined
    node =
      typeof key === 'number'
        ? (node['items'] as Node | undefined)
        : (properties?.[String(key)] ?? (node['additionalProperties'] as Node | undefined))
  }
  return node
}

function allowedKeys(path: PropertyKey[], schema: Node): string[] {
  const node = nodeAt(path, schema)
  // A record with fixed names lists them apart from its values.
  const names = (node?.['propertyNames'] as Node | undefined)?.['enum'] as string[] | undefined
  return names ?? Object.keys((node?.['properties'] as Node | undefined) ?? {})
}

function discriminatorValues(path: PropertyKey[], schema: Node): unknown[] {
  const node = nodeAt(path, schema)
  const branches = (node?.['oneOf'] ?? node?.['anyOf'] ?? []) as Node[]
  return branches.map(
    (branch) => (branch['properties'] as Record<string, Node> | undefined)?.['kind']?.['const'],
  )
}
