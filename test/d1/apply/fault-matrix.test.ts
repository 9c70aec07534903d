import { readSnapshot } from '../../../src/d1/read/open-reader.js'
import { afterAll, expect, it } from 'vitest'
import type { FaultKind } from '../../../sample/cloudflare-api/index.js'
import {
  applyLikeTemporal,
  FILES,
  KINDS,
  requestFor,
  seedAfter,
  STEPS,
  strike,
  struck,
  type Step,
} from './fault-cells.js'
import { SEED } from '../../fast-check.js'
import { FULL } from '../../full.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { remoteTarget } from '../remote-target.js'

/**
 * Every fault at every request of an apply of three files is 330 cells and half an hour: `D1_RUNBOOK_FULL=1`.
 * Otherwise a part of it, drawn by D1_RUNBOOK_SEED, with the requests that matter most always in it.
 */
const DRAWN = 8

interface Cell {
  file: number
  step: Step
  kind: FaultKind
}

const ALL: Cell[] = FILES.flatMap((_, file) =>
  STEPS.flatMap((step) => KINDS.map((kind) => ({ file, step, kind }))),
)
const ALWAYS = ['504-before', '504-after', 'reset-after'].map((kind, file) =>
  ALL.find((cell) => cell.file === file && cell.kind === kind && cell.step.name === 'THE FILE'),
)
const CELLS = FULL
  ? ALL
  : [...new Set([...ALWAYS, ...draw(ALL, DRAWN, SEED)])].filter((cell) => cell !== undefined)

/** What the tries of a cell came to, by its key. */
const outcomes = new Map<string, string>()
const keyOf = ({ file, step, kind }: Cell): string => `${file}/${step.name}/${kind}`

afterAll(() => {
  const lines = FILES.flatMap(({ name }, file) =>
    STEPS.map((step) => {
      const cells = KINDS.map((kind) => (outcomes.get(keyOf({ file, step, kind })) ?? '·').padEnd(14))
      return `${name.padEnd(17)}${step.name.padEnd(22)}${cells.join('')}`
    }),
  ).filter((line) => FULL || /right|WRONG/.test(line))
  const head = `${''.padEnd(39)}${KINDS.map((kind) => kind.padEnd(14)).join('')}`
  const right = [...outcomes.values()].filter((outcome) => outcome.startsWith('right')).length
  const which = FULL ? 'all' : `${CELLS.length} of ${ALL.length}, seed ${SEED}; all with D1_RUNBOOK_FULL=1`
  console.log(
    [
      `Final state after a fault at one request of an apply (${which}): ${right} of ${CELLS.length} right.`,
      '"right, 2" took two tries; the fault struck the SDK until it gave up, Wrangler once.',
      head,
      ...lines,
    ].join('\n'),
  )
})

it('knows every request that an apply makes', async () => {
  const { target, api } = await remoteTarget(seedAfter(0))
  const request = requestFor(target, 0, temporaryFolder())
  expect(
    await applyLikeTemporal(
      request,
      () => undefined,
      () => undefined,
    ),
  ).toEqual(['applied'])
  expect(api.calls.map(({ route }) => route).toSorted()).toEqual(STEPS.map(({ route }) => route).toSorted())
  for (const step of STEPS) expect(struck(step, api.calls), step.name).toBe(true)
})

it.each(CELLS)('$kind at "$step.name" of file $file', async (cell) => {
  const { file, step, kind } = cell
  outcomes.set(keyOf(cell), 'WRONG')
  const { target, api } = await remoteTarget(seedAfter(file))
  const name = FILES[file]?.name ?? ''
  const inLedger = (): number =>
    api
      .database(target.database.id)
      .prepare('SELECT count(*) AS n FROM d1_migrations WHERE name = ?')
      .all(name)
      .map(({ n }) => Number(n))[0] ?? 0

  strike(api, step, kind)
  const said = await applyLikeTemporal(
    requestFor(target, file, temporaryFolder()),
    () => api.clearFaults(),
    (word) => expect(word === 'applied' ? inLedger() : 1, 'applied is said only of what is there').toBe(1),
  )
  expect(struck(step, api.calls), 'the fault struck where it was meant to').toBe(true)

  api.clearFaults()
  const { ledger, schemaFingerprint } = await readSnapshot(target)
  const expected = requestFor(target, file, '')
  expect(ledger.map((entry) => entry.name)).toEqual([...expected.ledgerBefore, name])
  expect(schemaFingerprint).toBe(expected.fingerprintAfter)
  const rows = api.database(target.database.id).prepare('SELECT name, visits FROM artists ORDER BY id').all()
  const visits = file >= 1 ? 1 : 0
  expect(rows.map((row) => [row['name'], row['visits']])).toEqual([
    ['Ema', visits],
    ['Jan', visits],
    ...(file >= 2 ? [['Eva', 0]] : []),
  ])
  outcomes.set(keyOf(cell), `right, ${said.length}`)
})

/** `count` of the cells, the same for the same seed. */
function draw(cells: Cell[], count: number, seed: number): Cell[] {
  const left = [...cells]
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return left.splice(Math.floor((state / 2_147_483_648) * left.length), 1)
  }).flat()
}
