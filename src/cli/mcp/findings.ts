import { z } from 'zod'
import { openContext } from '../../config/context.js'
import { LIMITS } from '../../contract/limits.js'
import type { Finding } from '../../contract/finding.js'
import type { MigrationFile } from '../../contract/target.js'
import { placeOf } from './place.js'
import type { ToolCall } from './tool.js'

/** Which finding is meant. */
export const findingPlace = {
  code: z.string().max(20).describe('code of the finding, such as DL101'),
  migration: z.string().max(LIMITS.fileName).describe('file name of the migration'),
  line: z.number().int().positive().optional().describe('line of the finding, where there are several'),
}

/** The files alone, judged. Throws what {@link openContext} does, and `MigrationsNotFound`. */
export async function validated(
  input: Parameters<typeof placeOf>[0],
  call: ToolCall,
): Promise<{ success: boolean; findings: Finding[]; files: MigrationFile[] }> {
  const context = await openContext(placeOf(input, call), { touchesDatabase: false, filesOnly: true })
  const { validateProject } = await import('../jobs/validate-project.js')
  return validateProject(context, call)
}

export function isAt(
  finding: Finding,
  { code, migration, line }: { code: string; migration: string; line?: number | undefined },
): boolean {
  return (
    finding.code === code.toUpperCase() &&
    finding.migration === migration &&
    (line === undefined || finding.line === undefined || finding.line === line)
  )
}
