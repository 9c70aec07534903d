import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DISK_NAME } from '../contract/names.js'
import { PRIVATE_FILE, PRIVATE_FOLDER } from '../process/private-files.js'

const FILE = '.d1-runbook-disk'

/**
 * The name that a folder bears; the first who asks gives it one. Two workers read the same name just where both reach the same files, however
 * the folder is mounted and called. `known`: the name that it had, which it gets again where the file was lost. Throws what the disk throws,
 * and where another name, or no name, is in the file.
 */
export async function diskName(folder: string, known = randomBytes(6).toString('hex')): Promise<string> {
  const file = path.join(folder, FILE)
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  const mine = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await writeFile(mine, `${known}\n`, { mode: PRIVATE_FILE })
    // Whole, or not at all; and whoever comes second finds the first one's.
    await link(mine, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(mine, { force: true })
  }
  const name = (await readFile(file, 'utf8')).trim()
  if (!DISK_NAME.test(name)) throw new Error(`${file} holds no name of a disk`)
  return name
}
