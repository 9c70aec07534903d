import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'chrome', 'chrome.exe']
const QUIET = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
]

/** The machine's own Chromium, without a window. CHROMIUM names it where it is not on the PATH. */
export async function openBrowser() {
  const { chromium } = await import('playwright-core')
  return chromium.launch({ executablePath: findBrowser(), headless: true, args: QUIET })
}

function findBrowser() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders
    .flatMap((folder) => BROWSERS.map((name) => join(folder, name)))
    .find((file) => existsSync(file))
  if (found === undefined) throw new Error('no Chromium on the PATH; name one in CHROMIUM')
  return found
}
