/**
 * What D1's engine refuses and Node's SQLite would take, each as one switch: where a source says that it is refused, it is, unless it is
 * switched off. Sources: cloudflare/workerd, src/workerd/util/sqlite.c++ (`valueBytes` and `resultBytes`: D1's published limits, which
 * are the lower ones).
 */
export interface EngineLimits {
  /** A statement of more than 100,000 bytes. */
  statementBytes: boolean
  /** A program of more than 25,000 operations. */
  operations: boolean
  /** Expressions deeper than 100, triggers deeper than 10. */
  depths: boolean
  /** More than 100 columns of a table or a result. */
  columns: boolean
  /** More than 100 bound values. */
  parameters: boolean
  /** More than 5 terms of a compound SELECT. */
  compoundTerms: boolean
  /** A text, a blob or a stored row of more than 2,000,000 bytes. */
  valueBytes: boolean
  /** Results of one statement of more than 50,000,000 bytes. */
  resultBytes: boolean
  /** A pattern of LIKE or GLOB of more than 50 bytes. */
  patternBytes: boolean
  /** PRAGMAs, functions, modules, names and TEMP objects that D1's authorizer keeps from its users. */
  authorizer: boolean
}

export const ALL_LIMITS: EngineLimits = {
  statementBytes: true,
  operations: true,
  depths: true,
  columns: true,
  parameters: true,
  compoundTerms: true,
  valueBytes: true,
  resultBytes: true,
  patternBytes: true,
  authorizer: true,
}

/** As it stands in D1's documentation: two million, not 2 MiB. Source: https://developers.cloudflare.com/d1/platform/limits/ */
export const VALUE_BYTES = 2_000_000
export const RESULT_BYTES = 50_000_000
export const PATTERN_BYTES = 50
