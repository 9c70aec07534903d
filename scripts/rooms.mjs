// The rooms of the house: what each one holds, and whom it may import. The dependency checker reads its rules from here,
// ARCHITECTURE.md shows its table and its picture from here.
// usage: node scripts/rooms.mjs --write     brings ARCHITECTURE.md up to date
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * From the ground up: a room imports only rooms that stand above it in this list, and of those the ones that it names.
 * `files`: regular expression of a room that is not a whole folder. `pure`: touches no file, network, clock or process.
 * `free`: tests and scripts, which may import everything.
 * @typedef {{name: string, holds: string, mayImport: string[], files?: string, pure?: true, node?: false}} Room
 * @type {Room[]}
 */
export const ROOMS = [
  room(
    'src/contract',
    'what client, workflow and activities share: shapes, signal names, the table of failures',
    [],
    {
      pure: true,
    },
  ),
  room('src/text', 'how durations, times, plurals, commands and Markdown are written', ['src/contract'], {
    pure: true,
  }),
  room(
    'src/process',
    'process groups, our own child processes, redaction and the log, the programs of the project',
    ['src/contract', 'src/text'],
  ),

  room('src/d1/sqlite', 'the one module that opens SQLite, and what its failures mean', ['src/contract']),
  room('src/store', 'where files of runs are kept for all workers: a folder, or a bucket', [
    'src/contract',
    'src/process',
    'src/d1/sqlite',
  ]),
  room('src/d1/sql', 'tokens, statements, streams of statements, reserved names', [], { pure: true }),
  room('src/d1/order', 'number and order of migrations, and which are pending', [], { pure: true }),
  room('src/d1/wrangler', 'the one module that runs Wrangler, and what its failures mean', [
    'src/contract',
    'src/text',
    'src/process',
  ]),
  room('src/d1/cloudflare', "Cloudflare's API: the client and the account", [
    'src/contract',
    'src/process',
    'src/d1/wrangler',
  ]),
  room('src/d1/schema', 'catalog, fingerprint, differences, the ledger', [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/sql',
  ]),
  room('src/d1/read', 'reads one database, local or remote, and proves which one it is', [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/wrangler',
    'src/d1/cloudflare',
    'src/d1/schema',
  ]),
  room('src/d1/scratch', "a throw-away database on D1's own engine", [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/read',
  ]),
  room('src/d1/migrations', 'files, bundles, checksums', ['src/contract', 'src/store', 'src/d1/order']),
  room('src/d1/live', 'what we take production to be, held against a throw-away database of an account', [
    'src/contract',
    'src/d1/cloudflare',
  ]),
  room('src/d1/apply', 'one file at a time, its outcome proven; Time Travel', [
    'src/contract',
    'src/process',
    'src/d1/sqlite',
    'src/d1/wrangler',
    'src/d1/cloudflare',
    'src/d1/schema',
    'src/d1/read',
  ]),
  room('src/d1/backup/export', 'dumps, checksums and sums of rows', [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/d1/wrangler',
    'src/d1/schema',
    'src/d1/read',
  ]),
  room('src/d1/backup', 'archives: made, proven, restored, kept', [
    'src/contract',
    'src/process',
    'src/store',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/d1/wrangler',
    'src/d1/cloudflare',
    'src/d1/schema',
    'src/d1/read',
    'src/d1/scratch',
    'src/d1/apply',
    'src/d1/backup/export',
  ]),

  room('src/analysis/statement', 'what one statement says, and which tables its program touches', [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/d1/schema',
  ]),
  room(
    'src/analysis/evidence',
    'the shape of all that the rules judge',
    ['src/contract', 'src/d1/schema', 'src/analysis/statement'],
    {
      files: '^src/analysis/evidence\\.ts$',
    },
  ),
  room('src/analysis/compare', 'rows and values before and after', [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/d1/schema',
    'src/analysis/statement',
    'src/analysis/evidence',
  ]),
  room('src/analysis/replay', 'runs the files and watches each statement', [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/d1/schema',
    'src/analysis/statement',
    'src/analysis/evidence',
    'src/analysis/compare',
  ]),
  room(
    'src/analysis/rules',
    'one code a file: evidence in, findings out',
    [
      'src/contract',
      'src/text',
      'src/d1/sql',
      'src/d1/order',
      'src/d1/schema',
      'src/analysis/statement',
      'src/analysis/evidence',
      'src/analysis/compare',
    ],
    { pure: true },
  ),
  room('src/analysis/findings', 'collected, accepted, and written as SARIF and Markdown', [
    'src/contract',
    'src/text',
    'src/d1/sql',
    'src/analysis/statement',
    'src/analysis/evidence',
    'src/analysis/rules',
  ]),
  room('src/analysis/reverse', 'the reverse migration, and safe forms of dangerous statements', [
    'src/contract',
    'src/text',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/d1/schema',
    'src/analysis/statement',
    'src/analysis/evidence',
    'src/analysis/compare',
    'src/analysis/replay',
    'src/analysis/rules',
  ]),
  room('src/analysis/since', 'what others wrote since an archive, in a process of its own', [
    'src/contract',
    'src/process',
    'src/d1/sqlite',
    'src/d1/schema',
    'src/analysis/statement',
    'src/analysis/evidence',
    'src/analysis/compare',
    'src/analysis/replay',
  ]),
  room('src/analysis/rehearse', 'the pending files on a restored copy, in a process of its own', [
    'src/contract',
    'src/process',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/d1/order',
    'src/d1/schema',
    'src/d1/scratch',
    'src/analysis/statement',
    'src/analysis/evidence',
    'src/analysis/compare',
    'src/analysis/replay',
    'src/analysis/rules',
    'src/analysis/findings',
    'src/analysis/reverse',
  ]),
  room('src/analysis/validate', 'the files alone, in a process of their own', [
    'src/contract',
    'src/process',
    'src/d1/sqlite',
    'src/d1/schema',
    'src/analysis/evidence',
    'src/analysis/statement',
    'src/analysis/compare',
    'src/analysis/replay',
    'src/analysis/rules',
    'src/analysis/findings',
  ]),

  room(
    'src/analysis/adopt',
    'which pending files a database holds already, proven, in a process of its own',
    [
      'src/contract',
      'src/text',
      'src/process',
      ...d1('sqlite', 'sql', 'order', 'schema', 'scratch'),
      'src/analysis/statement',
      'src/analysis/compare',
      'src/analysis/replay',
      'src/analysis/rehearse',
    ],
  ),

  room(
    'src/analysis/status',
    'the ledger against the files',
    [
      'src/contract',
      ...d1('order', 'schema', 'read'),
      'src/analysis/statement',
      'src/analysis/rules',
      'src/analysis/findings',
    ],
    { files: '^src/analysis/status\\.ts$' },
  ),

  room('src/runbook/people', 'who somebody is, which role they hold, what they signed', ['src/contract'], {
    pure: true,
  }),
  room(
    'src/runbook/monitoring',
    'baseline, schedule, and the judge of the 24 hours',
    ['src/contract', 'src/text'],
    { pure: true },
  ),
  room('src/runbook/charter', 'what a worker serves, and a request held against it', ['src/contract'], {
    pure: true,
  }),
  room(
    'src/runbook',
    'policy, steps, messages, windows, ways back',
    ['src/contract', 'src/text', 'src/runbook/people', 'src/runbook/monitoring', 'src/runbook/charter'],
    { pure: true },
  ),
  room(
    'src/runbook/report',
    'the report and the incident report',
    ['src/contract', 'src/text', 'src/runbook/people', 'src/runbook/monitoring', 'src/runbook'],
    { pure: true },
  ),

  room(
    'src/workflows',
    'deterministic orchestration: no Node module, no zod, only types of activities',
    [
      'src/contract',
      'src/text',
      'src/runbook/people',
      'src/runbook/monitoring',
      'src/runbook/charter',
      'src/runbook',
    ],
    { pure: true, node: false },
  ),
  room('src/activities/probes', 'one probe a file', [
    'src/contract',
    'src/text',
    'src/process',
    'src/store',
    'src/runbook/monitoring',
    ...d1('sqlite', 'sql', 'cloudflare', 'schema', 'read', 'backup'),
  ]),
  room('src/activities', 'one file a verb of the runbook; may run more than once', [
    'src/contract',
    'src/text',
    'src/process',
    'src/store',
    ...d1('sql', 'order', 'wrangler', 'cloudflare', 'schema', 'read', 'migrations', 'apply', 'backup'),
    'src/analysis/adopt',
    'src/analysis/rehearse',
    'src/analysis/since',
    'src/analysis/validate',
    'src/analysis/status',
    'src/runbook/charter',
    'src/runbook',
    'src/runbook/monitoring',
    'src/runbook/report',
    'src/activities/probes',
  ]),
  room('src/config', 'Wrangler file and `runbook.config` into one validated object', [
    'src/contract',
    'src/text',
    'src/process',
    'src/store',
    'src/d1/migrations',
    'src/runbook/charter',
    'src/runbook',
    'src/runbook/people',
    'src/runbook/monitoring',
  ]),
  room('src/temporal/codec', 'keys, what payloads are encrypted and read with, the server that decodes', [
    'src/contract',
    'src/process',
  ]),
  room('src/temporal', 'connection, embedded server, search attributes, the worker', [
    'src/contract',
    'src/text',
    'src/process',
    'src/d1/sqlite',
    'src/workflows',
    'src/temporal/codec',
  ]),
  room('src/observe', 'health, metrics and log of a worker', [
    'src/contract',
    'src/text',
    'src/process',
    'src/d1/cloudflare',
    'src/temporal',
  ]),
  room(
    'src/worker',
    'the program that serves the task queue',
    ['src/contract', 'src/process', 'src/config', 'src/activities', 'src/temporal', 'src/observe'],
    {
      files: '^src/worker\\.ts$',
    },
  ),
  room('src/client', 'the client of a run, public as `d1-runbook/client`: request, start, decide, follow', [
    'src/contract',
    'src/text',
    'src/process',
    'src/d1/migrations',
    'src/runbook',
    'src/runbook/people',
    'src/runbook/monitoring',
    'src/config',
    'src/temporal',
    'src/temporal/codec',
  ]),
  room(
    'src/console',
    'the web console: pages, sessions, and what a passkey signs there',
    [
      'src/contract',
      'src/text',
      'src/process',
      'src/runbook',
      'src/runbook/people',
      'src/runbook/report',
      'src/client',
    ],
    { files: '^src/console/' },
  ),
  room('src/github', "GitHub's API: checks, deployments and what waits for a run; what a commit holds", [
    'src/contract',
    'src/text',
    'src/process',
    'src/d1/migrations',
    'src/config',
    'src/runbook',
    'src/analysis/findings',
    'src/client',
  ]),
  room('sample', 'what the demo needs: a project, its rows, a health service', [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/sql',
    'src/config',
    'src/process',
    ...d1('read', 'schema', 'migrations', 'wrangler'),
  ]),
  room('sample/cloudflare-api', "a local server that speaks Cloudflare's API, with D1's refusals", [
    'src/contract',
    'src/d1/sqlite',
    'src/d1/sql',
  ]),
  room('src/cli/terminal', 'output, prompts, progress, pictures', [
    'src/contract',
    'src/text',
    'src/runbook/charter',
    'src/runbook',
    'src/runbook/people',
    'src/client',
  ]),
  room('src/cli/jobs', 'what a command and a tool for agents both do', [
    'src/contract',
    'src/text',
    'src/process',
    ...d1('sqlite', 'sql', 'wrangler', 'cloudflare', 'schema', 'read', 'migrations', 'backup'),
    'src/analysis/rehearse',
    'src/analysis/since',
    'src/analysis/validate',
    'src/analysis/status',
    'src/runbook/charter',
    'src/runbook',
    'src/runbook/report',
    'src/activities',
    'src/config',
    'src/temporal',
    'src/client',
    'src/cli/terminal',
  ]),
  room('src/cli/mcp', 'the tools for agents: they read, draft and propose', [
    'src/contract',
    'src/text',
    'src/process',
    'src/analysis/rules',
    'src/runbook',
    'src/runbook/report',
    'src/config',
    'src/client',
    'src/cli/terminal',
    'src/cli/jobs',
  ]),
  room('src/cli/commands', 'one file a command', [
    'src/contract',
    'src/text',
    'src/process',
    ...d1('wrangler', 'cloudflare', 'schema', 'read', 'migrations', 'apply', 'live', 'backup'),
    'src/analysis/rules',
    'src/analysis/findings',
    'src/analysis/adopt',
    'src/analysis/status',
    'src/runbook/charter',
    'src/runbook',
    'src/runbook/people',
    'src/runbook/report',
    'src/activities',
    'src/config',
    'src/temporal',
    'src/temporal/codec',
    'src/observe',
    'src/worker',
    'src/client',
    'src/console',
    'src/github',
    'sample',
    'sample/cloudflare-api',
    'src/cli/terminal',
    'src/cli/jobs',
    'src/cli/mcp',
  ]),
  room('src/cli', 'the command line: parses, dispatches, exits', [
    'src/contract',
    'src/text',
    'src/config',
    'src/cli/terminal',
    'src/cli/commands',
  ]),
]

function room(name, holds, mayImport, more = {}) {
  return { name, holds, mayImport, ...more }
}

function d1(...names) {
  return names.map((name) => `src/d1/${name}`)
}

/** Regular expression of a room's own files, without those of the rooms below it. */
export function filesOf({ name, files }) {
  return files ?? `^${name}/[^/]+$`
}

/** Rules of dependency-cruiser: one a room. */
export function roomRules() {
  return ROOMS.map((each) => {
    const allowed = ROOMS.filter(({ name }) => name === each.name || each.mayImport.includes(name))
    return {
      name: `room ${each.name}`,
      comment: `${each.name} holds ${each.holds}`,
      severity: 'error',
      from: { path: filesOf(each) },
      to: { path: '^(src|sample|test|bench|scripts)/', pathNot: allowed.map(filesOf) },
    }
  })
}

/** The table of ARCHITECTURE.md. */
export function roomTable() {
  const rows = ROOMS.map(
    ({ name, holds, mayImport }) =>
      `| \`${name}\` | ${holds} | ${mayImport.map((other) => `\`${other}\``).join(' ')} |`,
  )
  // Not aligned: a longer name would change every line.
  return ['<!-- prettier-ignore -->', '| room | holds | may import |', '| --- | --- | --- |', ...rows].join(
    '\n',
  )
}

/** Which houses stand on which: the folders below `src`, an arrow where one of its rooms imports one of theirs. */
export function roomPicture() {
  const house = (name) => name.split('/').slice(0, 2).join('/')
  const arrows = new Set(
    ROOMS.flatMap(({ name, mayImport }) =>
      mayImport
        .filter((other) => house(other) !== house(name) && house(other) !== 'src/contract')
        .map((other) => `  ${id(house(name))} --> ${id(house(other))}`),
    ),
  )
  const houses = [...new Set(ROOMS.map(({ name }) => house(name)))].map((name) => `  ${id(name)}["${name}"]`)
  return ['```mermaid', 'flowchart TD', ...houses, ...arrows, '```'].join('\n')
}

function id(name) {
  return name.replaceAll(/\W/g, '_')
}

/** Throws where a section's marks are missing. */
export function withRooms(text) {
  return replaceSection(replaceSection(text, 'rooms', roomTable()), 'picture', roomPicture())
}

function replaceSection(text, name, content) {
  const marks = new RegExp(`(<!-- ${name}: by scripts/rooms\\.mjs -->\\n)[\\s\\S]*?(<!-- end -->)`)
  if (!marks.test(text)) throw new Error(`ARCHITECTURE.md has no section ${name}`)
  return text.replace(marks, (_all, open, close) => `${open}\n${content}\n\n${close}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv.includes('--write')) {
  const page = new URL('../ARCHITECTURE.md', import.meta.url)
  writeFileSync(page, withRooms(readFileSync(page, 'utf8')))
}
