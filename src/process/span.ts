/** What a span may say besides its name: words and numbers of ours, never a value of a project, SQL, an address or an answer. */
export type SpanFacts = Record<string, string | number>

/** Measures work in a trace that somebody collects, as a child of the span that it runs in. */
export interface Spans {
  in<T>(name: string, facts: SpanFacts, work: (note: (facts: SpanFacts) => void) => Promise<T>): Promise<T>
}

let spans: Spans | undefined

/** From now on {@link inSpan} measures. Once a process. */
export function measureWith(given: Spans): void {
  spans = given
}

/** Does `work`, as a span where traces are collected. `note`: facts that are known only once it is done. */
export function inSpan<T>(
  name: string,
  facts: SpanFacts,
  work: (note: (facts: SpanFacts) => void) => Promise<T>,
): Promise<T> {
  return spans === undefined ? work(() => undefined) : spans.in(name, facts, work)
}
