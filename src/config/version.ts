import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../process/package-root.js'

/** The version in our package.json. */
export function toolVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0'
}
