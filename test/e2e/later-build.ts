import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../src/process/package-root.js'

/** Summary of the activity that the later build has, and this one has not. */
export const ADDED = 'Added by the later build'

const BUNDLE = path.join('dist', 'workflow-bundle.js')

/**
 * This installation once more in `folder`, with an activity in the migration before the ledger is read and in the monitoring before each look:
 * a run that began without it cannot be carried on by this code. Returns the path of its bundle of workflows.
 */
export function makeLaterBuild(folder: string): string {
  const root = packageRoot()
  for (const part of ['bin', 'setup', 'dist', 'package.json'])
    cpSync(path.join(root, part), path.join(folder, part), { recursive: true })
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  const file = path.join(folder, BUNDLE)
  const code = readFileSync(file, 'utf8')
  const later = [
    /await(?<call> \w+\.audited\((?<activities>\w+)\.read\.readStatus\.executeWithOptions\(\{summary:"Ledger against files"\},\[\{target:(?<target>\w+))/,
    /await(?<call>\(0,\w+\.nearArchive\)\(\w+,\w+,\w+=>(?<activities>\w+)\.read\.runCheckpoint\.executeWithOptions\(\{summary:\w+,\.\.\.\w+\},\[\{\.\.\.(?<planned>\w+))/,
  ].reduce((text, place) => withActivityBefore(text, place), code)
  writeFileSync(file, later)
  return file
}

/** The bundle is minimized: the added call stands in the expression that awaits the one behind it. */
function withActivityBefore(code: string, place: RegExp): string {
  const { call, activities, target, planned } = place.exec(code)?.groups ?? {}
  if (activities === undefined) throw new Error(`the bundle has nothing like ${place.source}`)
  const at = target ?? `${planned}.target`
  const added = `${activities}.read.checkConnectivity.executeWithOptions({summary:'${ADDED}'},[{target:${at}}])`
  return code.replace(place, () => `await ${added}&&await${call}`)
}
