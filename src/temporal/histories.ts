import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { originOf, realFolder } from './home.js'

/** What SQLite keeps beside a database. */
const SUFFIXES = ['', '-wal', '-shm', '-journal']

/**
 * Gives the histories in `dbFile` to this project, before a server opens them. Those that were copied along with a project
 * hold its open runs, which go on there: they are kept aside, and this project begins with none.
 */
export function takeHistories(dbFile: string, projectDir: string, say: (line: string) => void): void {
  const note = `${dbFile}.home`
  const madeFor = read(note)
  const origin = madeFor === undefined ? 'here' : originOf(madeFor, projectDir)
  if (existsSync(dbFile) && madeFor !== undefined) {
    if (origin === 'copied') {
      const aside = keepAside(dbFile)
      say(
        `${dbFile} is a copy: it was made for ${madeFor}, where its runs go on. It is kept as ${aside}; this project begins without histories`,
      )
    }
    if (origin === 'moved')
      say(`the histories here were made for ${madeFor}, which keeps none now: this project goes on with them`)
  }
  writeFileSync(note, `${realFolder(projectDir)}\n`)
}

function keepAside(dbFile: string): string {
  const stamp = new Date().toISOString().replace(/[-:.]/g, '')
  const aside = `${dbFile}.copied-${stamp}`
  for (const suffix of SUFFIXES)
    if (existsSync(`${dbFile}${suffix}`)) renameSync(`${dbFile}${suffix}`, `${aside}${suffix}`)
  return aside
}

function read(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return text === '' ? undefined : text
  } catch {
    return undefined
  }
}
