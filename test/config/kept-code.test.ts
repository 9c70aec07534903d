import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadProject } from '../../src/config/project.js'
import { keepRunbookFile } from '../../src/config/runbook-file.js'
import { projectFolder } from './project-folder.js'

const WRANGLER = '[[d1_databases]]\nbinding = "DB"\ndatabase_name = "archive"\n'
const REFUSED = {
  type: 'ConfigInvalid',
  message: expect.stringMatching(/ is code, and .* it is not run\.$/) as string,
}

/** Code that leaves a mark each time that it runs. */
const marking = (timeZone: string): string =>
  `import { appendFileSync } from 'node:fs'\nappendFileSync(new URL('ran', import.meta.url), 'x')\nexport default { timeZone: '${timeZone}' }\n`

async function kept(files: Record<string, string>) {
  const folder = projectFolder({ 'wrangler.toml': WRANGLER, ran: '', ...files })
  onTestFinished(await keepRunbookFile(folder))
  return {
    folder,
    timeZone: async () => (await loadProject({ projectDir: folder })).config.timeZone,
    write: (name: string, content: string) => writeFileSync(path.join(folder, name), content),
    ran: () => readFileSync(path.join(folder, 'ran'), 'utf8').length,
  }
}

test.each(['mjs', 'ts', 'mts', 'js'])(
  'a configuration in .%s runs once, and no other in its place',
  async (ending) => {
    const name = `runbook.config.${ending}`
    const project = await kept({ [name]: marking('Asia/Tokyo'), 'package.json': '{"type":"module"}' })
    expect(project.ran()).toBe(1)
    expect(await project.timeZone()).toBe('Asia/Tokyo')
    project.write(name, marking('Asia/Seoul'))
    await expect(project.timeZone()).rejects.toMatchObject(REFUSED)
    expect(project.ran()).toBe(1)
    project.write(name, marking('Asia/Tokyo'))
    expect(await project.timeZone()).toBe('Asia/Tokyo')
    expect(project.ran()).toBe(1)
  },
)

test('what it imports is run no more, whatever becomes of it', async () => {
  const project = await kept({
    'runbook.config.mjs': "import timeZone from './zone.mjs'\nexport default { timeZone }\n",
    'zone.mjs': "export default 'Asia/Tokyo'\n",
  })
  project.write('zone.mjs', marking('Asia/Seoul'))
  expect([await project.timeZone(), project.ran()]).toEqual(['Asia/Tokyo', 0])
})

test('what could not be loaded is refused until the process is started again', async () => {
  const project = await kept({ 'runbook.config.mjs': 'export default {' })
  await expect(project.timeZone()).rejects.toMatchObject(REFUSED)
})

test('data is read anew each time', async () => {
  const project = await kept({ 'runbook.config.json': '{"timeZone":"Asia/Tokyo"}' })
  expect(await project.timeZone()).toBe('Asia/Tokyo')
  project.write('runbook.config.json', '{"timeZone":"Asia/Seoul"}')
  expect(await project.timeZone()).toBe('Asia/Seoul')
})

test('code that appears later is not run', async () => {
  const project = await kept({})
  expect(await project.timeZone()).toBe('UTC')
  project.write('runbook.config.mjs', marking('Asia/Tokyo'))
  await expect(project.timeZone()).rejects.toMatchObject(REFUSED)
  expect(project.ran()).toBe(0)
})

test('nor by a link or a folder that has the name of data', async () => {
  const linked = await kept({ 'code.mjs': marking('Asia/Tokyo') })
  symlinkSync(path.join(linked.folder, 'code.mjs'), path.join(linked.folder, 'runbook.config.json'))
  await expect(linked.timeZone()).rejects.toMatchObject(REFUSED)
  const inFolder = await kept({ 'index.mjs': marking('Asia/Tokyo') })
  mkdirSync(path.join(inFolder.folder, 'runbook.config.json'))
  inFolder.write('runbook.config.json/index.mjs', marking('Asia/Tokyo'))
  await expect(inFolder.timeZone()).rejects.toMatchObject(REFUSED)
  expect([linked.ran(), inFolder.ran()]).toEqual([0, 0])
})
