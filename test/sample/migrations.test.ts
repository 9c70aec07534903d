import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { remoteTriggers } from '../../src/d1/sql/remote-triggers.js'

const MIGRATIONS = path.resolve('migrations')

test.each(readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql')))(
  'no trigger of %s has a form that remote D1 was seen to cut apart',
  (name) => {
    expect(remoteTriggers(readFileSync(path.join(MIGRATIONS, name), 'utf8'))).toEqual([])
  },
)
