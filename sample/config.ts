import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { RunbookConfigInput } from '../src/config/schema.js'

/**
 * Writes `runbook.config.json` into a copy of the sample: where the application's health is asked, and two spot checks
 * that hold before, while and after the pending migrations. Returns the file's path.
 */
export async function writeSampleConfig(options: {
  projectDir: string
  healthUrl: string
  environment?: 'local' | 'staging' | 'production'
}): Promise<string> {
  const config: RunbookConfigInput = {
    contacts: [
      { role: 'Database Administrator', name: 'Dagný Lindqvist', contact: 'dagny@example.org' },
      { role: 'Team Lead', name: 'José Okonkwo', contact: 'jose@example.org' },
      { role: 'On-Call Engineer', name: 'Priya Murphy', contact: 'oncall@example.org' },
      {
        role: 'Cloudflare Support',
        name: 'Dashboard',
        contact: 'https://dash.cloudflare.com/?to=/:account/support',
      },
    ],
    channels: [{ kind: 'terminal' }, { kind: 'file', path: 'announcements.log' }],
    queries: [
      {
        name: 'map of artworks',
        sql: 'SELECT id, title, latitude, longitude, cover_url FROM public_artworks',
      },
      { name: 'public lists', sql: 'SELECT name, item_count, owner_name FROM public_lists ORDER BY name' },
      { name: 'open submissions', sql: "SELECT id, kind, note FROM submissions WHERE state = 'open'" },
    ],
    environments: {
      [options.environment ?? 'local']: {
        healthUrl: options.healthUrl,
        monitoring: {
          probes: SPOT_CHECKS,
          // A laptop that runs Temporal, workerd and Wrangler at once answers in bursts: the demo is no place for alarms.
          thresholds: { responseTimeFloorMs: 2000 },
          baselinePause: 50,
        },
      },
    },
  }
  const file = path.join(options.projectDir, 'runbook.config.json')
  await writeFile(file, `${JSON.stringify(config, null, 2)}\n`)
  return file
}

const SPOT_CHECKS = [
  {
    kind: 'sql' as const,
    name: 'visitors see artworks',
    sql: 'SELECT count(*) > 0 FROM public_artworks',
    expect: 1,
    critical: true,
  },
  {
    kind: 'sql' as const,
    name: 'every list counts its items',
    sql: 'SELECT count(*) FROM lists WHERE item_count <> (SELECT count(*) FROM list_items WHERE list_id = lists.id)',
    expect: 0,
  },
]
