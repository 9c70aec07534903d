import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Invitations } from '../../src/console/invitations.js'
import { isConsoleOf } from '../../src/console/neighbour.js'
import { serveConsole } from '../../src/console/serve.js'

const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-console-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('who has the port', () => {
  const origin = 'https://runbook.example.com'
  const ours = new Invitations(folder)
  const at = (url: string) => ({ port: Number(new URL(url).port), host: '127.0.0.1' })
  const consoleOf = (invitations: Invitations) =>
    serveConsole({ port: 0, host: '127.0.0.1', origin, people: [], timeZone: 'UTC', invitations })

  test('a console of the same folder and origin is known, and none of another', async () => {
    const other = mkdtempSync(path.join(os.tmpdir(), 'd1-console-'))
    const serving = await consoleOf(ours)
    const stranger = await consoleOf(new Invitations(other))
    try {
      expect(await isConsoleOf(ours, { ...at(serving.url), origin })).toBe(true)
      expect(await isConsoleOf(ours, { ...at(serving.url), origin: 'https://x.example.com' })).toBe(false)
      expect(await isConsoleOf(ours, { ...at(stranger.url), origin })).toBe(false)
      const kept = readdirSync(path.join(folder, '.d1-runbook', 'enrolments'))
      expect(kept.filter((file) => file.endsWith('.secret'))).toEqual([])
    } finally {
      await serving.close()
      await stranger.close()
      rmSync(other, { recursive: true, force: true })
    }
  })

  test('another program is none, whatever it answers', async () => {
    const program = createServer(({ url = '' }, response) => response.end(url.repeat(20)))
    await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve))
    const address = program.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    try {
      expect(await isConsoleOf(ours, { port, host: '127.0.0.1', origin })).toBe(false)
    } finally {
      program.closeAllConnections()
      await new Promise((resolve) => program.close(resolve))
    }
    // Nobody listens there any more.
    expect(await isConsoleOf(ours, { port, host: '127.0.0.1', origin })).toBe(false)
  })
})
