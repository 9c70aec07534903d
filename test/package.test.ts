import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { execa } from 'execa'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageRoot } from '../src/process/package-root.js'
import { buildIfStale } from './e2e/processes.js'

const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-pack-'))
let files: string[]
let tarball: Uint8Array<ArrayBuffer>

beforeAll(async () => {
  await buildIfStale()
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const { stdout } = await execa('npm', args, { cwd: packageRoot() })
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
  files = packed.files.map(({ path: file }) => file)
  tarball = new Uint8Array(readFileSync(path.join(folder, packed.filename)))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what package.json says of the package is true of it', async () => {
  const { messages } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
  expect(messages).toEqual([])
})

/** The package is for Node 22, which needs no CommonJS form: `require` loads modules. */
const FOR_MODULES = ['node16-esm', 'bundler']

test('every entry is found with its types by those who import it', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(tarball))
  if (analysis.types === false) throw new Error('the package has no types')
  expect(Object.keys(analysis.entrypoints)).toEqual(['.', './client', './package.json'])
  const concerned = analysis.problems.filter(
    (problem) => !('resolutionKind' in problem) || FOR_MODULES.includes(problem.resolutionKind),
  )
  expect(concerned).toEqual([])
})

test('ships what runs and what people read: no test, no source, no trace of the build', () => {
  const kinds = [
    /^(package\.json|README\.md|LICENSE|ARCHITECTURE\.md|CHANGELOG\.md|wrangler\.jsonc)$/,
    /^bin\/d1-runbook\.mjs$/,
    /^dist\/(src|sample)\/.+(\.js|\.d\.ts)$/,
    /^dist\/workflow-bundle(-encrypted)?\.js$/,
    /^(setup|examples)\/[^/]+\.mjs$/,
    /^docs\/[^/]+\.md$/,
    /^migrations\/\d{4}_\w+\.sql$/,
    /^schema\/runbook\.config\.schema\.json$/,
  ]
  expect(files.filter((file) => !kinds.some((kind) => kind.test(file)))).toEqual([])
  expect(files.filter((file) => /\btests?\b/.test(file))).toEqual([])
  for (const kind of kinds)
    expect(
      files.some((file) => kind.test(file)),
      String(kind),
    ).toBe(true)
})

/** Its code, and the parts that it was made of, by their paths. */
function readBundle(bundle: string): { code: string; parts: string[] } {
  const text = readFileSync(path.join(packageRoot(), 'dist', bundle), 'utf8')
  const map = text.slice(text.lastIndexOf('base64,') + 'base64,'.length).trim()
  const { sources: parts } = JSON.parse(Buffer.from(map, 'base64').toString('utf8')) as { sources: string[] }
  return { code: text.slice(0, text.lastIndexOf('//# sourceMappingURL=')), parts }
}

// Schemas are of the edges, and a part of what a worker would load for each run: a type is imported, no value beside it.
test.each(['workflow-bundle.js', 'workflow-bundle-encrypted.js'])(
  '%s holds our workflows, and no schema',
  (bundle) => {
    const { code, parts } = readBundle(bundle)
    expect(parts.filter((part) => /src\/workflows\/migration\.[jt]s$/.test(part))).toHaveLength(1)
    expect(parts.filter((part) => /node_modules\/(?:zod|luxon)\//.test(part))).toEqual([])
    // A worker reads and compiles all of it.
    expect(code.length).toBeLessThan(600_000)
    // By their names errors are told from each other, and stacks are read.
    for (const name of ['class GateExpired', 'function productionMigration', 'function untilWindowOpens'])
      expect(code).toContain(name)
  },
)
