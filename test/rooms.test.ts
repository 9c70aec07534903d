import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

interface Room {
  name: string
  mayImport: string[]
}

const { ROOMS, withRooms } = (await import(path.join(import.meta.dirname, '../scripts/rooms.mjs'))) as {
  ROOMS: Room[]
  withRooms: (text: string) => string
}

test('ARCHITECTURE.md shows the rooms and the picture that the dependency checker holds', () => {
  const page = readFileSync(path.join(import.meta.dirname, '../ARCHITECTURE.md'), 'utf8')
  expect(page).toBe(withRooms(page))
})

test('no room may import one that stands below it in the list: no import climbs', () => {
  for (const [at, { name, mayImport }] of ROOMS.entries()) {
    const above = ROOMS.slice(0, at).map((room) => room.name)
    expect(above, name).toEqual(expect.arrayContaining(mayImport))
  }
})
