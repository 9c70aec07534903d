import type { CommonOptions } from '../terminal/app.js'
import { zonedSeconds } from '../../text/clock.js'

/** A time for people: in this zone, with its name. What is no time is shown as it came. */
export function timeIn(timeZone: string, text: string): string {
  // SQLite's CURRENT_TIMESTAMP is UTC, and does not say so.
  const at = Date.parse(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? `${text.replace(' ', 'T')}Z` : text)
  return Number.isFinite(at) ? zonedSeconds(at, timeZone) : text
}

/** The zone that is configured for the environment, else for the project; UTC where nothing can be read, which its name says. */
export async function configuredZone({
  project,
  env,
}: Pick<CommonOptions, 'project' | 'env'>): Promise<string> {
  try {
    const { loadProject } = await import('../../config/project.js')
    const { config, environments } = await loadProject({ projectDir: project })
    return environments.get(env)?.settings.timeZone ?? config.timeZone
  } catch {
    return 'UTC'
  }
}
