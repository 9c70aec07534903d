// usage: node scripts/build.mjs (builds even when nothing changed)
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../setup/places.mjs'
import { setUp } from '../setup/steps.mjs'

rmSync(join(packageRoot, 'dist'), { recursive: true, force: true })
process.exitCode = (await setUp(['deps', 'build'])) ? 0 : 1
