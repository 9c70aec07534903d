import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { projectCharter } from '../../src/config/charter.js'

/**
 * A folder with the charter of each of these projects, as `d1-runbook charter --all` writes it: what one worker of several projects is
 * started with. `accountId`: what `CLOUDFLARE_ACCOUNT_ID` would say.
 */
export async function writeCharters(
  folder: string,
  projects: readonly string[],
  accountId?: string,
): Promise<string> {
  const charters = path.join(folder, 'charters')
  mkdirSync(charters, { recursive: true })
  for (const [index, project] of projects.entries()) {
    const { charter } = await projectCharter(project, accountId)
    writeFileSync(path.join(charters, `${index}.json`), JSON.stringify(charter))
  }
  return charters
}
