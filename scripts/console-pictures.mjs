// Carries the sample through the web console in a real browser, as people would: a passkey is made by the link of `enroll`, every gate of two
// runs is decided with it, one is declined, one rolled back, and a plan that changed meanwhile is refused. Each page is held against axe, its
// first paint is measured at three widths, and the pictures of docs/console.md are made.
// usage: node scripts/console-pictures.mjs [FOLDER]      (Node 22.13 or newer; CHROMIUM names the browser)
// FOLDER, emptied first, is where the sample lives.
import axe from 'axe-core'
import { spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { packageRoot } from '../setup/places.mjs'
import { setUp } from '../setup/steps.mjs'
import { openBrowser } from './browser.mjs'

const IMAGES = join(packageRoot, 'docs', 'images')
const PORT = 7433
const ORIGIN = `http://localhost:${PORT}`
const PERSON = 'Ada Lovelace'
const PHONE = { width: 360, height: 740 }
const DESKTOP = { width: 1440, height: 900 }
/** The narrowest that pages are for (WCAG 1.4.10). */
const NARROW = { width: 320, height: 640 }
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']
const FIRST_PAINT_MS = 1_000
const BEFORE_PLAN = ['team-lead', 'environment', 'connectivity', 'preflight']

const folder = resolve(process.argv[2] ?? join(tmpdir(), 'art-archive-console'))
const closing = []
const faults = []
const paints = []

if (await setUp(['deps', 'build', 'temporal-cli'])) await main()
else process.exitCode = 2

async function main() {
  await rm(folder, { recursive: true, force: true })
  await mkdir(IMAGES, { recursive: true })
  try {
    const { health, databaseFile } = await prepareProject()
    const browser = await openBrowser()
    closing.push(() => browser.close())
    const person = await openPerson(browser)
    await enroll(person)
    await startServices()
    await signIn(person)
    await approveAll(person, databaseFile)
    await rollBack(person, health)
    await decline(person)
  } finally {
    for (const close of closing.reverse()) await close()
  }
  paints.sort((a, b) => a - b)
  const usual = paints[Math.floor(paints.length / 2)]
  say(
    `first paint of ${paints.length} pages: ${Math.round(usual)} ms in the middle, ${Math.round(paints.at(-1))} ms at most`,
  )
  // What else this machine does decides the slowest.
  if (usual > FIRST_PAINT_MS)
    faults.push(`the first paint of half the pages took more than ${FIRST_PAINT_MS} ms`)
  if (faults.length > 0) throw new Error(`found:\n${faults.join('\n')}`)
  say('axe found nothing')
}

async function prepareProject() {
  const { prepareSample } = await built('sample/prepare.js')
  const { startHealthService } = await built('sample/health.js')
  const { writeSampleConfig } = await built('sample/config.js')
  const { databaseFile } = await prepareSample({ to: folder, onProgress: say })
  const health = await startHealthService({ source: { databaseFile } })
  closing.push(() => health.close().catch(() => undefined))
  await writeSampleConfig({ projectDir: folder, healthUrl: health.url, environment: 'local' })
  await configure((config) => {
    // As production is, on this machine: decisions are signed, and what matters with presence.
    const gates = { final: { requirePresence: true }, rollback: { requirePresence: true } }
    Object.assign(config.environments.local, {
      production: true,
      updateEvery: '7d',
      policy: { requireSignatures: true, gates },
    })
    // A worker takes the pace of its own configuration alone, where it is production.
    Object.assign(config.environments.local.monitoring, {
      ...{ schedule: ['5m', '10m', '15m', '30m', '1h', '2h', '6h', '24h'], timeScale: 3_600 },
    })
    config.people = [{ name: PERSON, roles: ['team-lead'], publicKeys: [] }]
  })
  return { health, databaseFile }
}

async function configure(change) {
  const file = join(folder, 'runbook.config.json')
  const config = JSON.parse(await readFile(file, 'utf8'))
  change(config)
  await writeFile(file, JSON.stringify(config, null, 2))
}

/** A browser with an authenticator that knows its owner, as a phone is. */
async function openPerson(browser) {
  const context = await browser.newContext({ viewport: PHONE })
  const page = await context.newPage()
  const device = await context.newCDPSession(page)
  await device.send('WebAuthn.enable')
  await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
      ...{ isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
  return { browser, context, page }
}

async function enroll({ page }) {
  const child = start('enroll', PERSON, '--json')
  const link = await heard(child, /http:\S+\/enroll\/\S+/)
  await page.goto(link)
  await page.getByRole('button', { name: 'Make a passkey' }).click()
  await page.getByText('The passkey is made').waitFor()
  const { publicKey } = JSON.parse(await outputOf(child))
  say(publicKey)
  // Here the pull request is merged.
  await configure((config) => config.people[0].publicKeys.push(publicKey))
}

async function startServices() {
  const dev = start('dev')
  await heard(dev, /Worker {2}.*/)
  const server = start('serve')
  await heard(server, /Console {2}\S+/)
}

async function signIn({ page }) {
  await page.goto(`${ORIGIN}/`)
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('heading', { name: 'Inbox' }).waitFor()
}

/** The whole of a run, with a change of the database behind its back once everything is approved. */
async function approveAll(person, databaseFile) {
  const { page } = person
  const run = await runbook('start', '--requester', 'CI')
  for (const gate of BEFORE_PLAN) await approve(person, run, gate)
  await open(page, run, 'plan')
  await look(person, '/')
  await look(person, pathOf('/decide', run, { gate: 'plan' }), 'console-decide-phone')
  await look(person, pathOf('/plan', run), undefined, 'console-plan')
  const before = await shownAt(person, run)
  await approve(person, run, 'plan')
  await open(page, run, 'final')
  await changeDatabase(databaseFile)
  for (const gate of ['final', ...BEFORE_PLAN.slice(1)]) await approve(person, run, gate)
  await open(page, run, 'plan')
  await refuseStale(person, run, before)
  for (const gate of ['plan', 'final']) await approve(person, run, gate)
  await page.setViewportSize(DESKTOP)
  await approve(person, run, 'team-confirmation')
  await ended(run)
  await look(person, pathOf('/run', run), undefined, 'console-run')
  await look(person, '/runs')
  await page.goto(`${ORIGIN}/databases`)
  await page.getByRole('button', { name: 'Look at local now' }).click()
  await page.getByText('left it').waitFor()
  await look(person, '/databases', 'console-databases-phone')
  await expectOutcome(run, 'completed')
}

/** What the page of the plan would sign. */
async function shownAt({ page }, run) {
  await page.goto(`${ORIGIN}${pathOf('/decide', run, { gate: 'plan' })}`)
  return page.evaluate(() => {
    const form = globalThis.document.querySelector('form[data-passkey=decide]')
    const [planHash, shown, decisionId] = ['planHash', 'shown', 'decisionId'].map(
      (name) => form.elements[name].value,
    )
    return { fields: form.dataset.fields, sent: { planHash, shown, decisionId } }
  })
}

/** Signs what was shown before the plan changed, as from a page that stayed open meanwhile. */
async function refuseStale({ page }, run, before) {
  await page.goto(`${ORIGIN}${pathOf('/decide', run, { gate: 'plan' })}`)
  await page.evaluate(({ fields, sent }) => {
    const form = globalThis.document.querySelector('form[data-passkey=decide]')
    form.dataset.fields = fields
    for (const [name, value] of Object.entries(sent)) form.elements[name].value = value
  }, before)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('the decision names plan').waitFor()
  say('a plan that changed between showing and signing is refused')
}

async function rollBack(person, health) {
  const { page } = person
  await addMigration('9001_console.sql', 'CREATE TABLE console_notes (id INTEGER PRIMARY KEY, note TEXT);\n')
  const run = await runbook('start', '--requester', 'CI')
  for (const gate of [...BEFORE_PLAN, 'plan', 'final']) await approve(person, run, gate)
  await open(person.page, run, 'team-confirmation')
  // From here on the application is down, as every look of the monitoring sees.
  await health.close()
  await approve(person, run, 'team-confirmation')
  await open(page, run, 'rollback')
  await look(person, pathOf('/decide', run, { gate: 'rollback' }))
  await page.goto(`${ORIGIN}${pathOf('/decide', run, { gate: 'rollback' })}`)
  await page.locator('input[value=reverse-migration]').check()
  await press(page, 'Approve', run)
  await ended(run)
  await expectOutcome(run, 'rolled-back')
}

async function decline(person) {
  await addMigration('9002_declined.sql', 'CREATE TABLE declined (id INTEGER PRIMARY KEY);\n')
  const run = await runbook('start', '--requester', 'CI')
  await open(person.page, run, 'team-lead')
  await person.page.goto(`${ORIGIN}${pathOf('/decide', run, { gate: 'team-lead' })}`)
  await press(person.page, 'Decline', run)
  await ended(run)
  await expectOutcome(run, 'declined')
}

async function approve({ page }, run, gate) {
  await open(page, run, gate)
  await page.goto(`${ORIGIN}${pathOf('/decide', run, { gate })}`)
  await press(page, 'Approve', run)
  say(`${gate}: approved`)
}

async function press(page, name) {
  await page.getByRole('button', { name }).click()
  await page.waitForURL((url) => url.pathname === '/run')
}

/** Until the gate is open, as the console shows it. */
async function open(page, run, gate) {
  for (let tries = 0; tries < 150; tries += 1) {
    const { gates, outcome, message } = await runbook('show', run.workflowId)
    if (gates.some((each) => each.gate === gate && each.state === 'open')) return
    if (outcome !== null) throw new Error(`the run ended before ${gate}: ${outcome}: ${message}`)
    await pause(1_000)
  }
  throw new Error(`${gate} did not open`)
}

async function ended(run) {
  for (let tries = 0; tries < 150; tries += 1) {
    if ((await runbook('show', run.workflowId)).outcome !== null) return
    await pause(1_000)
  }
  throw new Error('the run did not end')
}

async function expectOutcome(run, wanted) {
  const { outcome, gates } = await runbook('show', run.workflowId)
  if (outcome !== wanted) throw new Error(`the run ended as ${outcome}, not ${wanted}`)
  const proofs = gates.flatMap(({ decisions }) => decisions.map(({ by }) => by))
  if (!proofs.every((by) => by === 'passkey')) throw new Error(`decisions by ${proofs.join(', ')}`)
  say(`${wanted}: ${proofs.length} decisions, each by passkey`)
}

/** The page at both widths, light and dark: axe, the first paint, and pictures where they have a name. */
async function look({ browser, context }, path, phonePicture, desktopPicture) {
  const storageState = await context.storageState()
  const said = []
  for (const viewport of [PHONE, DESKTOP, NARROW])
    for (const colorScheme of ['light', 'dark']) {
      // The console allows no script but its own, and axe is one.
      const other = await browser.newContext({ viewport, colorScheme, storageState, bypassCSP: true })
      const page = await other.newPage()
      await page.goto(`${ORIGIN}${path}`, { waitUntil: 'load' })
      const paint = await page.evaluate(firstPaint)
      paints.push(paint)
      said.push(`${Math.round(paint)} (${Math.round(await page.evaluate(answered))})`)
      const wide = await page.evaluate(() => globalThis.document.documentElement.scrollWidth)
      if (wide > viewport.width) faults.push(`${path} is ${wide} pixels wide at ${viewport.width}`)
      await page.evaluate(axe.source)
      const { violations } = await page.evaluate(
        (values) => globalThis.axe.run(globalThis.document, { runOnly: values }),
        RULES,
      )
      for (const { id, help, nodes } of violations)
        faults.push(
          `${path} (${viewport.width}, ${colorScheme}) ${id}: ${help}: ${nodes
            .map(({ html }) => html)
            .slice(0, 2)
            .join(' ')}`,
        )
      const name = viewport === PHONE ? phonePicture : viewport === DESKTOP ? desktopPicture : undefined
      if (name !== undefined && colorScheme === 'light') await photograph(page, name)
      await other.close()
    }
  say(`${path.split('?', 1)}: first paint, and the whole answer of the server, in ms: ${said.join(', ')}`)
}

function answered() {
  return globalThis.performance.getEntriesByType('navigation')[0].responseEnd
}

function firstPaint() {
  return new Promise((done) => {
    const seen = () => globalThis.performance.getEntriesByName('first-contentful-paint')[0]?.startTime
    const wait = () => (seen() === undefined ? setTimeout(wait, 20) : done(seen()))
    wait()
  })
}

async function photograph(page, name) {
  await page.screenshot({ path: join(IMAGES, `${name}.png`) })
  say(`${name}.png`)
}

async function changeDatabase(file) {
  const { openSqlite } = await built('src/d1/sqlite/sqlite.js')
  const database = openSqlite(file)
  database.exec('CREATE TABLE beside_the_run (id INTEGER PRIMARY KEY)')
  database.close()
}

async function addMigration(name, sql) {
  await writeFile(join(folder, 'migrations', name), sql)
}

function pathOf(page, { workflowId, runId }, more = {}) {
  return `${page}?${new URLSearchParams({ workflow: workflowId, run: runId, ...more }).toString()}`
}

function start(...args) {
  const child = spawn(
    process.execPath,
    [join(packageRoot, 'bin', 'd1-runbook.mjs'), ...args, '--project', folder],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  child.said = ''
  child.told = ''
  child.stderr.on('data', (chunk) => (child.said += String(chunk)))
  child.stdout.on('data', (chunk) => (child.told += String(chunk)))
  child.ended = new Promise((done) => child.once('close', done))
  closing.push(() => stop(child))
  return child
}

function heard(child, pattern) {
  return new Promise((found, failed) => {
    const check = () => {
      const [text] = pattern.exec(child.said) ?? []
      if (text !== undefined) found(text)
    }
    child.stderr.on('data', check)
    void child.ended.then(() => failed(new Error(`it ended:\n${child.said}${child.told}`)))
  })
}

async function outputOf(child) {
  await child.ended
  return child.told
}

async function stop(child) {
  child.kill('SIGINT')
  await child.ended
}

/** A command of ours, as its JSON document. */
async function runbook(...args) {
  const answer = JSON.parse(await outputOf(start(...args, '--json')))
  if (answer.error !== undefined) throw new Error(`d1-runbook ${args.join(' ')}: ${answer.error.message}`)
  return answer
}

function built(file) {
  return import(pathToFileURL(join(packageRoot, 'dist', file)).href)
}

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms))
}

function say(text) {
  console.error(text)
}
