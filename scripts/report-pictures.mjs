// Makes the pictures of the four kinds of report in docs/images, and holds each against axe. It reads the sources: no build.
// usage: node scripts/report-pictures.mjs [FOLDER]      (Node 22.13 or newer; CHROMIUM names the browser)
// FOLDER also gets what docs/images leaves out: every kind in every look, whole.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { tsImport } from 'tsx/esm/api'
import { packageRoot } from '../setup/places.mjs'
import { openBrowser } from './browser.mjs'

const IMAGES = join(packageRoot, 'docs', 'images')
const DESKTOP = { width: 1440, height: 1000 }
const PHONE = { width: 390, height: 844 }
/** A sheet of A4 within its margins, at 96 pixels an inch. */
const SHEET = { width: 688, height: 1016 }

const LOOKS = [
  { look: 'light', viewport: DESKTOP },
  { look: 'dark', viewport: DESKTOP, colorScheme: 'dark' },
  { look: 'phone', viewport: PHONE },
  { look: 'print', viewport: SHEET, print: true },
]
const KEPT = ['breach-light', 'breach-phone', 'breach-print', 'taken-back-light', 'failed-light']
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Throws where axe finds something. */
export async function photographReports(browser, { folder } = {}) {
  const { fourRuns } = await tsImport('../test/runbook/four-runs.ts', import.meta.url)
  const { renderHtml } = await tsImport('../src/runbook/report/html.ts', import.meta.url)
  await mkdir(IMAGES, { recursive: true })
  if (folder !== undefined) await mkdir(folder, { recursive: true })
  const found = []
  for (const [kind, input] of Object.entries(fourRuns())) {
    for (const { look, viewport, colorScheme = 'light', print = false } of LOOKS) {
      // The page allows no script, and axe is one.
      const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true })
      const page = await context.newPage()
      await page.setContent(renderHtml(input))
      if (print) await page.emulateMedia({ media: 'print' })
      const name = `${kind}-${look}`
      if (KEPT.includes(name)) await page.screenshot({ path: join(IMAGES, `report-${name}.png`) })
      if (folder !== undefined) {
        await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
        if (print)
          await page.pdf({ path: join(folder, `${name}.pdf`), preferCSSPageSize: true, format: 'A4' })
      }
      found.push(...(await faults(page)).map((fault) => `${name}: ${fault}`))
      await context.close()
    }
  }
  if (found.length > 0) throw new Error(`axe found:\n${found.join('\n')}`)
}

async function faults(page) {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(
    (values) =>
      globalThis.axe.run(globalThis.document, {
        runOnly: values,
        rules: { 'target-size': { enabled: true } },
      }),
    RULES,
  )
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes
        .map(({ html }) => html)
        .slice(0, 3)
        .join(' ')}`,
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const browser = await openBrowser()
  try {
    await photographReports(browser, { folder: process.argv[2] })
  } finally {
    await browser.close()
  }
}
