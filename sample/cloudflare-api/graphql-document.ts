/** One field of a GraphQL question, with its arguments as values. */
export interface Field {
  /** The name under which it is answered. */
  alias: string
  name: string
  args: Record<string, unknown>
  fields: Field[]
}

/** What is wrong with a question, in the words of `errors[].message`. */
export class GraphqlRefusal extends Error {}

/**
 * The top level of the first operation, the part of GraphQL that clients of Cloudflare's analytics use: variables, aliases,
 * arguments, `@include` and `@skip`. Throws {@link GraphqlRefusal} for what cannot be read, fragments too.
 * https://spec.graphql.org/October2021/#sec-Document-Syntax
 */
export function readDocument(source: string, variables: Record<string, unknown>): Field[] {
  return new Reader(source, variables).document()
}

const TOKEN = /"(?:[^"\\\n]|\\.)*"|\.\.\.|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[_A-Za-z]\w*|[!$()=@:{}|&]|\[|\]/g
const IGNORED = /(?:[\s,\uFEFF]|#[^\n]*)+/y
/** No question of ours is a tenth as deep. */
const DEPTH = 50

class Reader {
  readonly #tokens: string[]
  readonly #variables: Record<string, unknown>
  #at = 0
  #depth = 0

  constructor(source: string, variables: Record<string, unknown>) {
    this.#tokens = tokensOf(source)
    this.#variables = variables
  }

  document(): Field[] {
    if (this.#peek() === 'query') {
      this.#next()
      if (isName(this.#peek())) this.#next()
      if (this.#peek() === '(') this.#skipDefinitions()
    }
    const fields = this.#selection()
    if (this.#peek() !== undefined) throw new GraphqlRefusal(`syntax error: unexpected ${this.#peek() ?? ''}`)
    return fields
  }

  #selection(): Field[] {
    this.#depth += 1
    if (this.#depth > DEPTH) throw new GraphqlRefusal('syntax error: too deep')
    this.#expect('{')
    const fields: Field[] = []
    while (this.#peek() !== '}') {
      const field = this.#field()
      if (field !== undefined) fields.push(field)
    }
    this.#expect('}')
    this.#depth -= 1
    return fields
  }

  /** Undefined where a directive leaves it out. */
  #field(): Field | undefined {
    const first = this.#name()
    const aliased = this.#peek() === ':'
    if (aliased) this.#next()
    const name = aliased ? this.#name() : first
    const args = this.#peek() === '(' ? this.#arguments() : {}
    let wanted = true
    while (this.#peek() === '@') {
      this.#next()
      const directive = this.#name()
      const { if: condition } = this.#arguments()
      if (directive === 'include') wanted &&= condition === true
      else if (directive === 'skip') wanted &&= condition !== true
      else throw new GraphqlRefusal(`unknown directive "${directive}"`)
    }
    const fields = this.#peek() === '{' ? this.#selection() : []
    return wanted ? { alias: first, name, args, fields } : undefined
  }

  #arguments(): Record<string, unknown> {
    return this.#entries('(', ')')
  }

  #entries(open: string, close: string): Record<string, unknown> {
    this.#expect(open)
    const entries: [string, unknown][] = []
    while (this.#peek() !== close) {
      const name = this.#name()
      this.#expect(':')
      entries.push([name, this.#value()])
    }
    this.#expect(close)
    return Object.fromEntries(entries)
  }

  #value(): unknown {
    const token = this.#peek() ?? ''
    if (token === '{') return this.#entries('{', '}')
    this.#next()
    if (token === '$') return this.#variables[this.#name()]
    if (token === '[') {
      const items: unknown[] = []
      while (this.#peek() !== ']') items.push(this.#value())
      this.#expect(']')
      return items
    }
    if (token.startsWith('"') || /^-?\d/.test(token)) return JSON.parse(token)
    if (token === 'true' || token === 'false') return token === 'true'
    if (token === 'null') return null
    if (isName(token)) return token
    throw new GraphqlRefusal(`syntax error: unexpected ${token === '' ? 'end' : token}`)
  }

  /** Types of variables are not held against anything: Wrangler itself names one that is not the field's. */
  #skipDefinitions(): void {
    while (this.#peek() !== ')') this.#next()
    this.#next()
  }

  #name(): string {
    const token = this.#next()
    if (!isName(token)) throw new GraphqlRefusal(`syntax error: expected a name, found ${token}`)
    return token
  }

  #expect(wanted: string): void {
    const token = this.#next()
    if (token !== wanted) throw new GraphqlRefusal(`syntax error: expected ${wanted}, found ${token}`)
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at]
  }

  #next(): string {
    const token = this.#tokens[this.#at]
    if (token === undefined) throw new GraphqlRefusal('syntax error: unexpected end')
    this.#at += 1
    return token
  }
}

function tokensOf(source: string): string[] {
  const tokens: string[] = []
  for (let at = 0; at < source.length;) {
    IGNORED.lastIndex = at
    const ignored = IGNORED.exec(source)?.[0].length ?? 0
    at += ignored
    if (at >= source.length) break
    TOKEN.lastIndex = at
    const found = TOKEN.exec(source)
    if (found?.index !== at) throw new GraphqlRefusal(`syntax error: unexpected ${source.charAt(at)}`)
    tokens.push(found[0])
    at += found[0].length
  }
  return tokens
}

function isName(token = ''): boolean {
  return /^[_A-Za-z]/.test(token)
}
