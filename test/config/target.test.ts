import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadProject } from '../../src/config/project.js'
import { configWarnings, previewsOfProduction, resolveTarget, whichId } from '../../src/config/target.js'
import { PRODUCTION_ID, projectFolder, THREE_ENVIRONMENTS } from './project-folder.js'

const resolve = async (files: Record<string, string>, environment: string, database?: string) =>
  resolveTarget(await loadProject({ projectDir: projectFolder(files) }), environment, { database })

test('a name that a checkout brings stands in a command that is proposed as one word, which no shell runs', async () => {
  const toml = `[env.production]\n[[env.production.d1_databases]]\nbinding = "DB"\ndatabase_name = 'a "$(touch owned)" b'\n`
  await expect(resolve({ 'wrangler.toml': toml }, 'production')).rejects.toMatchObject({
    type: 'ConfigInvalid',
    advice: `Take the UUID from \`wrangler d1 info 'a "$(touch owned)" b'\` and write it there.`,
  })
})

describe('without a runbook.config', () => {
  test('the top-level database is local, and each env with a database is remote', async () => {
    const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': THREE_ENVIRONMENTS }) })
    expect([...project.environments.keys()]).toEqual(['local', 'staging', 'production'])
    const local = resolveTarget(project, 'local')
    expect(local).toMatchObject({
      production: false,
      database: { name: 'archive', remote: false },
      migrationsDir: path.join(project.projectDir, 'migrations'),
      persistTo: path.join(project.projectDir, '.wrangler', 'state'),
      backupDir: path.join(project.projectDir, 'backups'),
    })
    expect(local).not.toHaveProperty('accountId')
    expect(local).not.toHaveProperty('wranglerEnv')
  })

  test('storage is that of the environment, else of the project, and a folder is meant from the project', async () => {
    const folder = projectFolder({
      'wrangler.toml': THREE_ENVIRONMENTS,
      'runbook.config.json': JSON.stringify({
        storage: { kind: 'folder', path: 'shared' },
        environments: { production: { storage: { kind: 's3', bucket: 'archives' } } },
      }),
    })
    const project = await loadProject({ projectDir: folder })
    expect(resolveTarget(project, 'staging').storage).toEqual({
      kind: 'folder',
      path: path.join(folder, 'shared'),
    })
    expect(resolveTarget(project, 'production').storage).toEqual({
      ...{ kind: 's3', bucket: 'archives', region: 'auto', prefix: '' },
      ...{ keyIdEnv: 'RUNBOOK_STORAGE_KEY_ID', secretEnv: 'RUNBOOK_STORAGE_SECRET' },
    })
  })

  test('an env has its own folder, ledger and account', async () => {
    const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': THREE_ENVIRONMENTS }) })
    expect(resolveTarget(project, 'staging')).toMatchObject({
      accountId: 'acc-top',
      migrationsTable: 'my_ledger',
      migrationsDir: path.join(project.projectDir, 'sql'),
      wranglerEnv: 'staging',
    })
    expect(resolveTarget(project, 'production')).toMatchObject({
      production: true,
      accountId: 'acc-production',
      database: { id: PRODUCTION_ID, remote: true },
    })
  })

  test.each([
    ['preview id', 'preview_database_id = "p"\ndatabase_id = "d"', 'p'],
    ['database id', 'database_id = "d"', 'd'],
    ['binding', '', 'DB'],
  ])('locally the state is keyed by the %s', async (_, lines, id) => {
    const target = await resolve({ 'wrangler.toml': `[[d1_databases]]\nbinding = "DB"\n${lines}\n` }, 'local')
    expect(target.database.id).toBe(id)
  })

  test('an env without a database of its own says that Wrangler does not inherit it', async () => {
    await expect(resolve({ 'wrangler.toml': THREE_ENVIRONMENTS }, 'preview')).rejects.toMatchObject({
      type: 'EnvironmentUnknown',
      message: expect.stringContaining('does not inherit') as string,
    })
  })

  test('a mistyped environment is answered with the nearest one', async () => {
    await expect(resolve({ 'wrangler.toml': THREE_ENVIRONMENTS }, 'prod')).rejects.toMatchObject({
      type: 'EnvironmentUnknown',
      message: expect.stringContaining('Did you mean "production"?') as string,
    })
  })

  test('a remote database without an ID is refused: it could not be proven', async () => {
    const toml = '[[env.production.d1_databases]]\nbinding = "DB"\ndatabase_name = "x"\n'
    await expect(resolve({ 'wrangler.toml': toml }, 'production')).rejects.toMatchObject({
      type: 'ConfigInvalid',
    })
  })

  test('two environments with one UUID are refused, whichever is asked for', async () => {
    const toml = THREE_ENVIRONMENTS.replace('00000000-0000-0000-0000-000000000002', PRODUCTION_ID)
    for (const environment of ['staging', 'production']) {
      await expect(resolve({ 'wrangler.toml': toml }, environment)).rejects.toMatchObject({
        type: 'WrongTarget',
      })
    }
    await expect(resolve({ 'wrangler.toml': toml }, 'local')).resolves.toMatchObject({ environment: 'local' })
  })
})

describe('several databases', () => {
  const toml = ['one', 'two']
    .map((name) => `[[d1_databases]]\nbinding = "${name.toUpperCase()}"\ndatabase_name = "${name}"\n`)
    .join('')

  test('are never chosen by guessing', async () => {
    await expect(resolve({ 'wrangler.toml': toml }, 'local')).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining('one, two') as string,
      advice: expect.stringContaining('--database one') as string,
    })
  })

  test('are chosen by name, by binding, or by the config', async () => {
    expect((await resolve({ 'wrangler.toml': toml }, 'local', 'two')).binding).toBe('TWO')
    expect((await resolve({ 'wrangler.toml': toml }, 'local', 'ONE')).database.name).toBe('one')
    expect((await resolve({ 'wrangler.toml': toml }, 'local', 'ONE')).databaseOption).toBe('one')
    const config = { 'wrangler.toml': toml, 'runbook.config.json': '{"database": "two"}' }
    expect((await resolve(config, 'local')).database.name).toBe('two')
    // What is meant without the option needs none in the next command.
    expect((await resolve(config, 'local', 'TWO')).databaseOption).toBeUndefined()
    expect((await resolve(config, 'local', 'ONE')).databaseOption).toBe('one')
  })
})

describe('several bindings', () => {
  const entry = (binding: string, lines = ''): string =>
    `[[d1_databases]]\nbinding = "${binding}"\ndatabase_name = "app"\ndatabase_id = "id-app"\n${lines}\n`
  const local = (...entries: string[]) => ({ 'wrangler.toml': entries.join('') })

  test.each([
    ['the same lines', entry('A') + entry('B')],
    ['its folder spelled otherwise', entry('A', 'migrations_dir = "./migrations/"') + entry('B')],
    [
      'a pattern that says the default',
      entry('A', 'migrations_dir = "migrations"\nmigrations_pattern = "migrations/*.sql"') + entry('B'),
    ],
    ['an unequal flag for development', entry('A', 'remote = true') + entry('B')],
    [
      'one preview database',
      entry('A', 'preview_database_id = "p"') + entry('B', 'preview_database_id = "p"'),
    ],
  ])('of one database are one choice: %s', async (_, toml) => {
    const target = await resolve({ 'wrangler.toml': toml }, 'local')
    expect([target.binding, target.database.name]).toEqual(['A', 'app'])
    expect((await resolve({ 'wrangler.toml': toml }, 'local', 'B')).binding).toBe('B')
  })

  test.each([
    [
      'other folders',
      [entry('A'), entry('B', 'migrations_dir = "other"')],
      /one database, app, .* A \(migrations\/\*\.sql\), B \(other\/\*\.sql\)/,
    ],
    [
      'other ledgers',
      [entry('A'), entry('B', 'migrations_table = "mine"')],
      /B \(migrations\/\*\.sql, ledger mine\)/,
    ],
    [
      'other patterns',
      [entry('A'), entry('B', 'migrations_dir = "m"\nmigrations_pattern = "m/**"')],
      /B \(m\/\*\*\)/,
    ],
    [
      'local databases apart',
      [entry('A'), entry('B', 'preview_database_id = "p"')],
      /several databases: A \(app\), B \(app\)/,
    ],
    [
      'one name of two databases',
      [entry('A'), entry('B').replace('id-app', 'id-b')],
      /several databases: A \(app\), B \(app\)/,
    ],
  ])('with %s are chosen by binding, and the advice works', async (_, entries, message) => {
    const files = local(...entries)
    const refused = await resolve(files, 'local').then(
      () => undefined,
      (error: unknown) => error as { type: string; message: string; advice: string },
    )
    expect(refused).toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringMatching(message) as string,
    })
    const call = /--database (\S+?),/.exec(refused?.advice ?? '')?.[1]
    expect((await resolve(files, 'local', call)).binding).toBe('A')
  })

  test('of which one is called as another database is named are told apart, with what to pass for each', async () => {
    const files = local(
      entry('A'),
      entry('app').replace('"app"\ndatabase_id = "id-app"', '"b"\ndatabase_id = "id-b"'),
    )
    await expect(resolve(files, 'local', 'app')).rejects.toMatchObject({
      message:
        '"app" is several databases of the top level of wrangler.toml: the name of the database whose binding is A, the binding of the database b.',
      advice: 'Say which: --database A, or --database b, or `database` in runbook.config.',
    })
    expect((await resolve(files, 'local', 'A')).database.name).toBe('app')
    expect((await resolve(files, 'local', 'b')).binding).toBe('app')
    const config = { ...files, 'runbook.config.json': '{"database": "app"}' }
    await expect(resolve(config, 'local')).rejects.toMatchObject({
      message: expect.stringContaining('"app" is several databases'),
    })
  })

  test('that no word tells apart are to be renamed', async () => {
    const crossed = (binding: string, name: string): string =>
      `[[d1_databases]]\nbinding = "${binding}"\ndatabase_name = "${name}"\n`
    await expect(resolve(local(crossed('A', 'B'), crossed('B', 'A')), 'local', 'A')).rejects.toMatchObject({
      message: expect.stringContaining(
        'the binding of the database B, the name of the database whose binding is B',
      ),
      advice: expect.stringContaining('rename a binding'),
    })
  })
})

describe('which ID', () => {
  const toml =
    '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "app"\ndatabase_id = "id"\npreview_database_id = "preview"\n' +
    '[[env.staging.d1_databases]]\nbinding = "DB"\ndatabase_name = "app"\ndatabase_id = "id-s"\npreview_database_id = "preview"\n'

  test.each([
    ['local', 'preview', 'preview, its preview_database_id, which Wrangler takes for everything local'],
    ['staging', 'id-s', 'id-s; its preview_database_id preview is left alone'],
  ])('%s uses, and why', async (environment, id, why) => {
    const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': toml }) })
    const target = resolveTarget(project, environment)
    expect([target.database.id, whichId(project, target)]).toEqual([id, why])
  })

  test('needs no words where there is one', async () => {
    const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': THREE_ENVIRONMENTS }) })
    const target = resolveTarget(project, 'production')
    expect(whichId(project, target)).toBe(PRODUCTION_ID)
  })
})

test.each([
  ['the top level', 'local', ''],
  [
    'another environment',
    'staging',
    '[[env.staging.d1_databases]]\nbinding = "DB"\ndatabase_id = "s"\npreview_database_id = "p"\n',
  ],
  [
    'itself only',
    undefined,
    '[[env.staging.d1_databases]]\nbinding = "DB"\ndatabase_id = "s"\npreview_database_id = "own"\n',
  ],
])('whose preview is the production database is known: %s', async (_, name, more) => {
  const preview = name === 'local' ? 'p' : 'mine'
  const toml =
    `[[d1_databases]]\nbinding = "DB"\ndatabase_id = "l"\npreview_database_id = "${preview}"\n${more}` +
    '[[env.production.d1_databases]]\nbinding = "DB"\ndatabase_id = "p"\npreview_database_id = "p"\n'
  const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': toml }) })
  const production = resolveTarget(project, 'production')
  expect(previewsOfProduction(project, production)).toEqual(name === undefined ? [] : [name])
  expect(previewsOfProduction(project, resolveTarget(project, 'local'))).toEqual([])
})

describe('a key that is left empty', () => {
  const lines = (written: string) => ({
    'wrangler.toml': `[[d1_databases]]\nbinding = "DB"\ndatabase_name = "app"\n${written}\n`,
  })

  test.each(['migrations_dir', 'migrations_pattern', 'preview_database_id', 'database_id'])(
    '%s is refused, as Wrangler takes it for a value',
    async (key) => {
      await expect(resolve(lines(`${key} = ""`), 'local')).rejects.toMatchObject({
        type: 'ConfigInvalid',
        message: expect.stringContaining(`${key} of the d1_databases entry DB`),
      })
    },
  )

  test.each([
    'migrations_table = ""',
    'database_id = ""\npreview_database_id = "p"',
    'database_id = "a"\n[[d1_databases]]\nbinding = "OTHER"\ndatabase_name = "other"\nmigrations_dir = ""',
    'database_id = "a"\n[[env.production.d1_databases]]\nbinding = "DB"\ndatabase_id = ""',
  ])('%j is no obstacle', async (written) => {
    expect((await resolve(lines(written), 'local', 'app')).binding).toBe('DB')
  })
})

describe('a Wrangler file with a mistake', () => {
  test.each([
    ['wrangler.toml', 'name = "x"\n[[d1_databases]\nbinding = "DB"\n', /on line 2/],
    ['wrangler.toml', 'name = "x"\n\nname = "y"\n', /on line 3/],
    ['wrangler.jsonc', '{\n  "name": "x"\n  "d1_databases": []\n}', /on line 3/],
    ['wrangler.json', '{\n // fine\n "d1_databases": [,],\n}', /on line 3/],
    [
      'wrangler.json',
      '{"d1_databases": [{"binding": 7}]}',
      /d1_databases\[0\]\.binding must be a text, found 7/,
    ],
    ['wrangler.toml', 'd1_databases = "DB"', /d1_databases must be a list, found "DB"/],
  ])('%s: %j says where, and what to type', async (name, content, message) => {
    await expect(resolve({ [name]: content }, 'local')).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringMatching(message),
      advice: expect.stringContaining('d1-runbook doctor'),
    })
  })

  test.each([
    '// a comment\n{ "d1_databases": [{ "binding": "DB", }, ], /* the end */ }',
    '\uFEFF{ "d1_databases": [{ "binding": "DB" }] }',
  ])('%j is none', async (content) => {
    expect((await resolve({ 'wrangler.json': content }, 'local')).binding).toBe('DB')
  })
})

describe('with a runbook.config', () => {
  test('an environment can be the top level run remotely', async () => {
    const files = {
      'wrangler.jsonc': `{
        // comments and a trailing comma, as Wrangler allows them
        "d1_databases": [{ "binding": "DB", "database_name": "x", "database_id": "${PRODUCTION_ID}" }],
      }`,
      'runbook.config.yaml': 'environments:\n  live:\n    production: true\n    wranglerEnv: null\n',
    }
    expect(await resolve(files, 'live')).toMatchObject({
      production: true,
      database: { id: PRODUCTION_ID, remote: true },
    })
    expect(await resolve(files, 'local')).toMatchObject({ production: false, database: { remote: false } })
  })

  test('it may point to a Wrangler file in another folder', async () => {
    const folder = projectFolder({
      'src/workers/wrangler.toml': '[[d1_databases]]\nbinding = "DB"\n',
      'runbook.config.mjs': `export default { wranglerConfig: 'src/workers/wrangler.toml' }\n`,
    })
    const target = resolveTarget(await loadProject({ projectDir: folder }), 'local')
    expect(target.migrationsDir).toBe(path.join(folder, 'src', 'workers', 'migrations'))
    expect(target.persistTo).toBe(path.join(folder, 'src', 'workers', '.wrangler', 'state'))
    expect(target.backupDir).toBe(path.join(folder, 'backups'))
  })
})

describe('a folder that cannot be a project', () => {
  test('names the Wrangler file below it and the option to type', async () => {
    const folder = projectFolder({ 'src/workers/wrangler.toml': '' })
    await expect(loadProject({ projectDir: folder })).rejects.toMatchObject({
      type: 'ProjectNotFound',
      message: expect.stringContaining(path.join('src', 'workers', 'wrangler.toml')) as string,
      advice: expect.stringContaining('--project') as string,
    })
  })

  test.each([
    ['wrangler.toml', 'a = [', 'does not parse'],
    ['wrangler.json', '{"a": }', 'on line 1'],
    ['wrangler.toml', '[[d1_databases]]\nbinding = 5\n', 'd1_databases[0].binding must be a text, found 5'],
    ['wrangler.json', '{"d1_databases": {}}', 'd1_databases must be a list'],
  ])('%s with %j says where it is wrong', async (file, content, said) => {
    await expect(loadProject({ projectDir: projectFolder({ [file]: content }) })).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringContaining(said) as string,
    })
  })
})

describe('migrations_pattern and unknown keys of an entry', () => {
  const entry = (lines: string): Record<string, string> => ({
    'wrangler.toml': `[[d1_databases]]\nbinding = "DB"\ndatabase_name = "app"\n${lines}\n`,
  })

  test.each([
    ['migrations_dir = "drizzle"\nmigrations_pattern = "drizzle/*/migration.sql"', '*/migration.sql'],
    ['migrations_dir = "./drizzle/"\nmigrations_pattern = "./drizzle/*.sql"', '*.sql'],
    ['migrations_dir = "."\nmigrations_pattern = "a/*.sql"', 'a/*.sql'],
    ['migrations_dir = "drizzle"', undefined],
  ])('%j is read below the folder', async (lines, pattern) => {
    expect((await resolve(entry(lines), 'local')).migrationsPattern).toBe(pattern)
  })

  test.each([
    ['migrations_pattern = "migrations/*.sql"', /needs a migrations_dir/],
    ['migrations_dir = "a"\nmigrations_pattern = "b/*.sql"', /does not start with its migrations_dir, "a\/"/],
    ['migrations_dir = "a"\nmigrations_pattern = "ab/*.sql"', /does not start with/],
    ['migrations_dir = "a"\nmigrations_pattern = "a/../../*.sql"', /does not start with/],
  ])('%j is refused, as by Wrangler', async (lines, message) => {
    await expect(resolve(entry(lines), 'local')).rejects.toMatchObject({
      type: 'ConfigInvalid',
      message: expect.stringMatching(message),
    })
  })

  test.each([
    ['migration_dir = "sql"', 'migration_dir Did you mean "migrations_dir"?'],
    ['shards = 2', 'shards'],
    ['migrations_dir = "sql"\nremote = true\npreview_database_id = "x"', undefined],
  ])('of %j what nobody knows is named', async (lines, named) => {
    const project = await loadProject({ projectDir: projectFolder(entry(lines)) })
    const [said] = configWarnings(project, resolveTarget(project, 'local'))
    expect(said?.split(': ')[1]).toBe(named)
  })
})

describe('a list of databases under another name', () => {
  const entry =
    'binding = "DB"\ndatabase_name = "shop"\ndatabase_id = "11111111-2222-4333-8444-555555555555"\n'
  test.each([
    ['d1_database', '[[d1_database]]', 'd1_database: the key is d1_databases'],
    ['D1_Databases', '[[D1_Databases]]', 'D1_Databases: the key is d1_databases'],
    ['d1-databases', '[["d1-databases"]]', 'd1-databases: the key is d1_databases'],
    ['databases', '[[databases]]', 'databases: the key is d1_databases'],
    ['d1', '[[d1]]', 'd1: the key is d1_databases'],
    [
      'of an environment',
      '[[env.production.d1_database]]',
      'env.production.d1_database: the key is d1_databases',
    ],
  ])('%s is named where no database is found', async (_, head, said) => {
    await expect(resolve({ 'wrangler.toml': `${head}\n${entry}` }, 'production')).rejects.toMatchObject({
      type: 'DatabaseNotFound',
      message: expect.stringContaining(said) as string,
    })
  })

  test('of another environment is a warning', async () => {
    const toml = `[[d1_databases]]\n${entry}[[env.production.d1_database]]\n${entry}`
    const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': toml }) })
    expect(configWarnings(project, resolveTarget(project, 'local'))).toEqual([
      'wrangler.toml has env.production.d1_database, which Wrangler does not read: the key is d1_databases',
    ])
  })

  test.each([
    'kv_namespaces',
    'r2_buckets',
    'data_blobs',
    'durable_objects',
    'dispatch_namespaces',
    'base_dir',
    'migrations',
  ])('%s is none', async (key) => {
    const toml = `[[d1_databases]]\n${entry}[[${key}]]\nbinding = "X"\n`
    const project = await loadProject({ projectDir: projectFolder({ 'wrangler.toml': toml }) })
    expect(configWarnings(project, resolveTarget(project, 'local'))).toEqual([])
  })
})
