// Makes the pictures of docs/: carries the sample through a migration and photographs it in a real browser.
// usage: node scripts/screenshots.mjs [FOLDER]      (Node 22.12 or newer)
// FOLDER, emptied first, is where the sample lives: its path is visible in the pictures. CHROMIUM names the browser.
import { spawn } from 'node:child_process'
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../setup/places.mjs'
import { setUp } from '../setup/steps.mjs'
import { openBrowser } from './browser.mjs'
import { photographReports } from './report-pictures.mjs'

const IMAGES = join(packageRoot, 'docs', 'images')
const MAX_IMAGE_BYTES = 300 * 1024
const MAX_ALL_BYTES = 2 * 1024 * 1024
const BEFORE_PLAN = ['team-lead', 'environment', 'connectivity', 'preflight']
const AFTER_PLAN = ['plan', 'final', 'team-confirmation']
const REQUESTER = 'Ada Lovelace'
const TEAM = ['Grace Hopper', 'Katherine Johnson']

/** The search attributes by which runs are told apart; people choose the columns by hand in the UI. */
const LIST_COLUMNS = ['Status', 'Workflow ID', 'RunbookPhase', 'RunbookOutcome']
const DESKTOP = { width: 1440, height: 1000 }

const folder = resolve(process.argv[2] ?? join(tmpdir(), 'art-archive'))

if (await setUp(['deps', 'build', 'temporal-cli'])) await main()
else process.exitCode = 2

async function main() {
  await rm(folder, { recursive: true, force: true })
  await mkdir(IMAGES, { recursive: true })
  const closing = []
  try {
    const health = await prepareProject()
    closing.push(() => health.close())
    const dev = await startDev()
    closing.push(dev.stop)
    const browser = await openBrowser()
    closing.push(() => browser.close())
    await photographRun(browser, dev.uiUrl)
    await photographReports(browser)
  } finally {
    for (const close of closing.reverse()) await close()
  }
  await weigh()
}

async function prepareProject() {
  const { prepareSample } = await built('sample/prepare.js')
  const { startHealthService } = await built('sample/health.js')
  const { writeSampleConfig } = await built('sample/config.js')
  const { databaseFile } = await prepareSample({ to: folder, onProgress: say })
  const health = await startHealthService({ source: { databaseFile } })
  const file = await writeSampleConfig({ projectDir: folder, healthUrl: health.url, environment: 'local' })
  // Compressed time would send the updates of every 15 minutes several times a second.
  const config = JSON.parse(await readFile(file, 'utf8'))
  config.environments.local.updateEvery = '7d'
  await writeFile(file, JSON.stringify(config, null, 2))
  return health
}

/** Server, UI and worker; `stop` waits until all of it is gone. */
async function startDev() {
  const child = spawn(process.execPath, [launcher(), 'dev', '--project', folder], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise((done) => child.once('close', done))
  const stop = async () => {
    child.kill('SIGINT')
    await ended
  }
  const uiUrl = await new Promise((found, failed) => {
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += String(chunk)
      const url = /Temporal UI +(\S+)/.exec(said)?.[1]
      if (url !== undefined && said.includes('Worker  ')) found(url)
    })
    void ended.then(() => failed(new Error(`d1-runbook dev ended:\n${said}`)))
  })
  return { uiUrl, stop }
}

async function photographRun(browser, uiUrl) {
  const { workflowId, runId } = await runbook('start', '--requester', REQUESTER, '--time-scale', '3600')
  const run = `${uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}`
  const desktop = await pageOf(browser, DESKTOP)

  for (const [index, gate] of BEFORE_PLAN.entries()) await approve(gate, TEAM[index % TEAM.length])
  await waitForGate('plan')
  const metadata = { url: `${run}/user-metadata`, from: 'Current Details' }
  await photograph(desktop, { ...metadata, name: 'temporal-current-details' })
  for (const [index, gate] of AFTER_PLAN.entries()) await approve(gate, TEAM[index % TEAM.length])
  await waitForEnd()

  const runs = `${uiUrl}/namespaces/default/workflows`
  await photograph(desktop, { url: runs, name: 'temporal-workflow-list' })
  await photograph(desktop, { url: `${run}/timeline`, from: 'Timeline', name: 'temporal-timeline' })
  await photograph(desktop, {
    url: `${run}/history`,
    from: 'Event History',
    press: 'Compact',
    height: 660,
    name: 'temporal-event-history',
  })

  const { html } = await runbook('report', '--out', join(folder, 'report'))
  const url = pathToFileURL(html).href
  const dark = await pageOf(browser, DESKTOP, 'dark')
  await photograph(desktop, { url, name: 'report-light' })
  await photograph(desktop, { url, from: 'Timeline', name: 'report-timeline' })
  await photograph(dark, { url, from: 'Monitoring', name: 'report-dark' })
}

async function approve(gate, actor) {
  await runbook('approve', gate, '--actor', actor, '--wait')
}

async function waitForGate(gate) {
  await until(({ gates }) => gates.some((each) => each.gate === gate && each.state === 'open'))
}

async function waitForEnd() {
  await until(({ outcome }) => outcome !== null)
}

async function until(isSo) {
  for (let tries = 0; tries < 90; tries += 1) {
    if (isSo(await runbook('show'))) return
    await pause(2_000)
  }
  throw new Error('the run did not get there; see .d1-runbook in the folder')
}

/** A command of ours, as its JSON document. */
async function runbook(...args) {
  const child = spawn(process.execPath, [launcher(), ...args, '--project', folder, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk) => (said += String(chunk)))
  await new Promise((done) => child.once('close', done))
  const answer = JSON.parse(said)
  if (answer.error !== undefined) throw new Error(`d1-runbook ${args.join(' ')}: ${answer.error.message}`)
  return answer
}

async function pageOf(browser, viewport, colorScheme = 'light') {
  const context = await browser.newContext({ viewport, colorScheme })
  const columns = { default: LIST_COLUMNS.map((label) => ({ label })) }
  await context.addInitScript(
    (value) => localStorage.setItem('namespace-workflow-table-columns', value),
    JSON.stringify(columns),
  )
  return context.newPage()
}

/** `from`: heading that the picture begins with; `press`: what is pressed before, by its words; `height`: pixels from the top. */
async function photograph(page, { url, name, from, press, height }) {
  await page.goto(url, { waitUntil: 'load' })
  // The Temporal UI goes on fetching after it has loaded, and says nothing when it is done.
  if (url.startsWith('http')) await pause(4_000)
  if (press !== undefined) {
    await page.getByText(press, { exact: true }).click()
    await page.mouse.move(0, 0)
    await pause(2_000)
  }
  if (from !== undefined) {
    const heading = page.locator('h1, h2, h3').filter({ hasText: new RegExp(`^\\s*${from}`) })
    await heading.first().evaluate((found) => found.scrollIntoView({ block: 'start' }))
    await pause(500)
  }
  const { width, height: all } = page.viewportSize()
  await page.screenshot({
    path: join(IMAGES, `${name}.png`),
    clip: { x: 0, y: 0, width, height: height ?? all },
  })
  say(`${name}.png`)
}

/** Pictures live in the repository for ever: they stay small. */
async function weigh() {
  let all = 0
  for (const name of await readdir(IMAGES)) {
    const { size } = await stat(join(IMAGES, name))
    all += size
    if (size > MAX_IMAGE_BYTES) throw new Error(`${name} has ${size} bytes; at most ${MAX_IMAGE_BYTES}`)
  }
  if (all > MAX_ALL_BYTES) throw new Error(`docs/images has ${all} bytes; at most ${MAX_ALL_BYTES}`)
}

function built(file) {
  return import(pathToFileURL(join(packageRoot, 'dist', file)).href)
}

function launcher() {
  return join(packageRoot, 'bin', 'd1-runbook.mjs')
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms))
}

function say(text) {
  console.error(text)
}
