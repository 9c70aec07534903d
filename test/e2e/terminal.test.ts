import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectClient, type TemporalClient } from '../../src/temporal/connection.js'
import { buildIfStale, launchService, untilSays, type Command } from './processes.js'
import { createLocalProject, ONE, scratchFolder, type LocalProject } from './project.js'
import { RunObserver, stateOf } from './run.js'
import { inTerminal, KEYS, type TerminalSession } from './terminal-session.js'

const { enter, ctrlC, down } = KEYS
const DATABASE = '00000000-0000-4000-8000-0000000000e1'

const scratch = scratchFolder()
let project: LocalProject
let dev: Command
let temporal: TemporalClient
let run: RunObserver
const sessions: TerminalSession[] = []

/** A folder that no shell leaves alone. */
const FOLDER = path.join(scratch.folder, "Ada's $HOME db")

async function startDev(): Promise<void> {
  dev = launchService(['dev', '--project', project.folder, '--json'], {})
  await untilSays(dev, /Worker +polls/)
}

/** `script` of util-linux gives a command a terminal. */
const here = describe.runIf(process.platform === 'linux')

here('a run at a real terminal, from its start to its end', () => {
  beforeAll(async () => {
    await buildIfStale()
    project = createLocalProject({ folder: FOLDER, databaseId: DATABASE, pending: ONE })
    await startDev()
    temporal = await connectClient({ projectDir: project.folder })
    run = new RunObserver(temporal, 'local', DATABASE)
  })

  afterAll(async () => {
    for (const session of sessions) session.kill()
    await temporal.close()
    dev.kill('SIGINT')
    await dev
    scratch.remove()
  })

  function open(size: readonly [number, number], ...args: string[]): TerminalSession {
    const session = inTerminal([...args, '--project', project.folder], { size })
    sessions.push(session)
    return session
  }

  test('a slip and Enter alone ask again, and Ctrl-C twice leaves the run as it is: 40 x 20', async () => {
    const terminal = open([40, 20], 'start', '--wait', '--requester', 'Ada')
    await terminal.until(/Type 'y' to proceed/)
    terminal.press(enter)
    await terminal.until(/Only 'y' or 'n' decides/)
    terminal.press('x', enter)
    await terminal.until(/│ {2}x[\s\S]*Only 'y' or 'n' decides/)
    expect(stateOf(await run.gateOpen('team-lead'), 'team-lead')).toBe('open')
    terminal.press(KEYS.delete, 'y', enter)
    await run.until('approval', (view) => stateOf(view, 'team-lead') === 'approved')

    await run.gateOpen('environment')
    await terminal.until(/Environment Verification[\s\S]*Type 'y'/)
    terminal.press(ctrlC)
    await terminal.until(/Ctrl-C ends nothing/)
    terminal.press(ctrlC)
    expect(await terminal.ended).toBe(0)
    expect(terminal.text()).toContain('nothing was ended')
    // What is told to come back pastes, whatever the folder is called.
    expect(terminal.text().replaceAll(/ \\\s+/g, ' ')).toContain(
      `d1-runbook watch --decide --actor Ada --env local --project '${project.folder.replaceAll("'", `'\\''`)}'`,
    )
    expect(await run.look()).toMatchObject({ outcome: null, requester: 'Ada' })
    expect(stateOf(await run.gateOpen('environment'), 'environment')).toBe('open')
  })

  test('watch --decide takes its prompts up again; what somebody else decides is taken from the screen: 80 x 24', async () => {
    const terminal = open([80, 24], 'watch', '--decide', '--actor', 'Bea')
    await terminal.until(/Environment Verification[\s\S]*Type 'y'/)
    terminal.press('y', enter)
    const seen = await run.until('approval', (view) => stateOf(view, 'environment') === 'approved')
    expect(seen.gates.find(({ gate }) => gate === 'environment')?.decisions).toMatchObject([{ actor: 'Bea' }])

    await terminal.until(/Database Connectivity[\s\S]*Type 'y'/, 'all')
    await run.decide('connectivity', 'Cay')
    await terminal.until(/connectivity was approved by Cay, elsewhere/, 'all')
    await terminal.until(/Pre-flight Checks[\s\S]*It began above[\s\S]*Type 'y'/, 'all')

    // An abort asks once more, and Enter alone is no.
    terminal.press(ctrlC)
    await terminal.until(/Ctrl-C ends nothing/)
    terminal.press(down, down, enter)
    await terminal.until(/End the run for everybody/)
    terminal.press(enter)
    await terminal.until(/Not aborted: the run goes on[\s\S]*Pre-flight Checks[\s\S]*Type 'y'/, 'all')
    expect(await run.look()).toMatchObject({ outcome: null })
    terminal.press(ctrlC)
    await terminal.until(/Ctrl-C ends nothing/)
    terminal.press(ctrlC)
    expect(await terminal.ended).toBe(0)
  })

  test('watch says who is silent since when while the server is away, and goes on when it is back', async () => {
    const small = open([40, 20], 'watch')
    const large = open([120, 40], 'watch')
    const complete = /^ *d1-runbook approve preflight --env local/m
    const pasted = (terminal: TerminalSession): string => terminal.screen().replaceAll(/ \\\s+/g, ' ')
    for (const terminal of [small, large]) {
      await terminal.until(/approve preflight/)
      expect(pasted(terminal)).toMatch(complete)
    }
    dev.kill('SIGINT')
    await dev
    for (const terminal of [small, large])
      await terminal.until(/Silent since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/)
    expect(large.screen().replaceAll(/\s+/g, ' ')).toMatch(
      /Silent since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(\d+/,
    )
    await startDev()
    await temporal.follow()
    await run.gateOpen('preflight')
    for (const terminal of [small, large]) {
      await terminal.until(/^(?![\s\S]*Silent since)[\s\S]*approve preflight/)
      expect(pasted(terminal)).toMatch(complete)
    }
    await run.decide('preflight', 'Bea', { decision: 'reject', comment: 'not today' })
    for (const terminal of [small, large]) {
      expect(await terminal.ended).toBe(3)
      expect(terminal.screen()).toContain('declined')
    }
    expect(project.ledger()).toEqual(['0001_users.sql'])
  })
})
