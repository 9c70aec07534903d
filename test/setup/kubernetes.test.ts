import { execa } from 'execa'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { unknownIn } from '../cli/command-tree.js'

const ROOT = path.join(import.meta.dirname, '..', '..')
const read = (...file: string[]): string => readFileSync(path.join(ROOT, ...file), 'utf8')
const WORKER = read('kubernetes', 'worker', 'worker.yaml')
const CODEC = read('kubernetes', 'codec-server', 'codec-server.yaml')
const DOCKERFILE = read('Dockerfile')
const COMPOSE = read('docker-compose.yml')
const kubectl = await execa('kubectl', ['kustomize', '--help'], { reject: false })

/** What follows a key, wherever it stands. */
const valuesOf = (text: string, key: string): string[] =>
  [...text.matchAll(new RegExp(`\\b${key}: (.+)$`, 'gm'))].map(([, value = '']) => value.trim())

const SETTING = /\b(?:D1_RUNBOOK|TEMPORAL)_[A-Z_]+/g

test('every variable of the manifests and of docker-compose.yml is one that somebody reads', () => {
  const env = (text: string): string[] => [
    ...[...text.matchAll(/^ +- name: ([A-Z][A-Z\d_]+)$/gm)].map(([, name = '']) => name),
    ...[...text.matchAll(/^ +(D1_RUNBOOK_[A-Z_]+):/gm)].map(([, name = '']) => name),
  ]
  const asked = [...env(WORKER), ...env(CODEC), ...env(COMPOSE)]
  expect(asked.length).toBeGreaterThan(6)
  const readers = [
    ...['src/worker.ts', 'src/config/worker-service.ts', 'src/observe/settings.ts'],
    ...[
      'src/activities/worker-place.ts',
      'src/cli/commands/codec-server.ts',
      'src/process/asked-host.ts',
      'src/temporal/codec/keys.ts',
    ],
    'node_modules/@temporalio/envconfig/lib/envconfig-toml.js',
  ].map((file) => read(file))
  const known = new Set(readers.flatMap((text) => text.match(SETTING) ?? []))
  // These two are made of a name and an ending.
  expect(known).toContain('D1_RUNBOOK_CODEC_KEYS')
  for (const name of asked) expect([...known, 'D1_RUNBOOK_CODEC_KEYS_FILE']).toContain(name)
})

test('what a pod runs is in the image, and takes the options that it is given', async () => {
  const [args = ''] = [...CODEC.matchAll(/args:\s+\[([^\]]+)\]/g)].map(([, words = '']) => words)
  const words = args.split(',').flatMap((word) => word.trim().replaceAll("'", '') || [])
  const [node, program, ...rest] = words
  expect([node, program]).toEqual(['node', 'bin/d1-runbook.mjs'])
  expect(DOCKERFILE).toMatch(/^COPY --from=build \/app\/bin \.\/bin$/m)
  expect(await unknownIn(`d1-runbook ${rest.join(' ')}`)).toEqual([])
  expect(await unknownIn('d1-runbook codec-server --hots 0.0.0.0')).not.toEqual([])
  const image = /^ +image: (d1-runbook\S+)$/m.exec(COMPOSE)?.[1]
  for (const manifest of [WORKER, CODEC]) expect(valuesOf(manifest, 'image')).toEqual([image])
})

test('a worker has the same folders, grace and confinement as in docker-compose.yml', () => {
  const grace = /stop_grace_period: (\d+)s/.exec(COMPOSE)?.[1]
  expect(valuesOf(WORKER, 'terminationGracePeriodSeconds')).toEqual([grace])
  const home = /D1_RUNBOOK_HOME=(\S+)/.exec(DOCKERFILE)?.[1]
  expect(valuesOf(WORKER, 'mountPath')).toEqual(expect.arrayContaining([home, '/tmp']))
  const charters = /D1_RUNBOOK_CHARTER: (\S+)/.exec(COMPOSE)?.[1]
  expect(valuesOf(WORKER, 'mountPath')).toContain(charters)
  for (const manifest of [WORKER, CODEC]) {
    expect(valuesOf(manifest, 'readOnlyRootFilesystem')).toEqual(['true'])
    expect(valuesOf(manifest, 'runAsNonRoot')).toEqual(['true'])
    expect(valuesOf(manifest, 'automountServiceAccountToken')).toEqual(['false'])
  }
  const looks = read('src', 'observe', 'endpoint.ts')
  for (const asked of valuesOf(WORKER, 'path')) expect(looks).toContain(`'${asked}'`)
})

test.skipIf(kubectl.failed)(
  'kustomize makes of the example two versions side by side, each with pods and disks of its own',
  async () => {
    const { stdout } = await execa('kubectl', ['kustomize', path.join(ROOT, 'kubernetes', 'example')])
    const documents = stdout.split(/^---$/m)
    const ofKind = (kind: string): string[] =>
      documents.filter((text) => new RegExp(`^kind: ${kind}$`, 'm').test(text))
    const sets = ofKind('StatefulSet')
    expect(sets).toHaveLength(2)
    const versions = sets.map((set) => [...new Set(valuesOf(set, 'app.kubernetes.io/version'))])
    expect(versions).toEqual([['1.2.0'], ['1.3.0']])
    sets.forEach((set, index) =>
      expect(valuesOf(set, 'image')).toEqual([
        `registry.example.com/d1-runbook-worker:${versions[index]?.[0] ?? ''}`,
      ]),
    )
    // Names that kustomize made are the names that pods ask for.
    const maps = ofKind('ConfigMap').flatMap((text) => valuesOf(text, 'name'))
    for (const name of maps) expect(sets.every((set) => set.includes(`name: ${name}`))).toBe(true)
    expect(documents.every((text) => /^ {2}namespace: d1-runbook$/m.test(text))).toBe(true)
  },
)
