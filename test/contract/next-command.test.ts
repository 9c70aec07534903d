import { describe, expect, test } from 'vitest'
import {
  at,
  command,
  commandsIn,
  isWords,
  joined,
  mapText,
  words,
  wordsAt,
} from '../../src/contract/next-command.js'

describe('a command at a place', () => {
  test('is told what its verb takes, and nothing else', () => {
    const place = { environment: 'production', project: 'app', database: 'DB', run: 'migration/a/b' }
    expect(at(place, command('approve', 'final'))).toEqual({ ...command('approve', 'final'), ...place })
    expect(at(place, command('status'))).toEqual({
      ...command('status'),
      environment: 'production',
      project: 'app',
      database: 'DB',
    })
    expect(at(place, command('list'))).toEqual({ ...command('list'), project: 'app' })
    expect(at(place, command('demo'))).toEqual(command('demo'))
  })

  test('keeps what it names already; another environment has a database of its own', () => {
    const staging = { ...command('start'), environment: 'staging' }
    expect(at({ environment: 'production', database: 'DB', project: 'app' }, staging)).toEqual({
      ...staging,
      project: 'app',
    })
  })

  test('in the environment that is meant where none is typed, its database is meant', () => {
    const next = (environment: string) => ({ ...command('rollback'), environment })
    expect(at({ database: 'DB' }, next('local'))).toEqual({ ...next('local'), database: 'DB' })
    expect(at({ database: 'DB' }, next('production'))).toEqual(next('production'))
  })
})

describe('a text', () => {
  const backup = command('backup')

  test('without commands is a string', () => {
    expect(words`There are ${3} of ${'them'}.`).toBe('There are 3 of them.')
    expect(joined()).toBe('')
  })

  test('keeps the commands of the texts that it is made of', () => {
    const inner = words`Make one: ${backup}.`
    const text = words`  ${inner} Then ${command('plan')}`
    expect(text).toEqual(['  Make one: ', backup, '. Then ', command('plan')])
    expect(commandsIn(text)).toEqual([backup, command('plan')])
    expect(commandsIn(wordsAt({ environment: 'x' }, text))[0]).toMatchObject({ environment: 'x' })
  })

  test('is changed in its words only', () => {
    const text = words`run ${command('observe', 'run away')}`
    expect(mapText(text, (plain) => plain.toUpperCase())).toEqual(['RUN ', command('observe', 'run away')])
  })

  test.each([
    ['old words', true],
    [['a ', { command: 'backup', args: [] }], true],
    [[{ command: 'rm', args: ['-rf'] }], false],
    [[{ command: 'constructor', args: [] }], false],
    [[1], false],
    [{ advice: 'x' }, false],
    [undefined, false],
  ])('%j from elsewhere is a text: %s', (value, is) => {
    expect(isWords(value)).toBe(is)
  })
})
