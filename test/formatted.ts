import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, type FormatConfig } from 'oxfmt'
import { packageRoot } from '../src/process/package-root.js'

/** What is written from the code, as `npm run format` would leave it. `file`: its name says which language it is. */
export async function formatted(file: string, text: string): Promise<string> {
  const options = JSON.parse(readFileSync(join(packageRoot(), '.oxfmtrc.json'), 'utf8')) as FormatConfig
  const { code, errors } = await format(file, text, options)
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'))
  return code
}
