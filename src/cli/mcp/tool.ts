import type { z } from 'zod'

/** What the server was started for: all that a tool does is done there, and in nobody else's name. */
export interface Place {
  projectDir: string
  /** Where a call names none. */
  environment: string
  database?: string
  /** For whom runs are proposed: whoever started the server, never what a client says. */
  person: string
}

export interface ToolCall {
  place: Place
  /** The name that the client gave itself. */
  agent: string
  /** Ends with the call. */
  signal: AbortSignal
  onProgress: (message: string) => void
}

/**
 * What a tool does to its surroundings, as MCP has it. `readOnly`: no file of the project, no database and no run is another one after it.
 * `openWorld`: it asks a Temporal server, Cloudflare, or hosts of the configuration. No tool of ours is destructive.
 */
export interface Behaviour {
  readOnly: boolean
  openWorld: boolean
  idempotent: boolean
}

export interface Tool {
  name: string
  title: string
  description: string
  behaviour: Behaviour
  input: z.ZodObject
  /** Of the answer, beside `cut`. */
  output: z.ZodObject
  /** It rehearses: one at a time. */
  heavy: boolean
  work: (input: never, call: ToolCall) => Promise<object>
}

/** A tool whose work takes what its schema reads. */
export function tool<Input extends z.ZodObject>(
  one: Omit<Tool, 'input' | 'work' | 'heavy'> & {
    input: Input
    heavy?: boolean
    work: (input: z.infer<Input>, call: ToolCall) => Promise<object>
  },
): Tool {
  return { heavy: false, ...one }
}
