import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Decision } from '../../src/contract/decision.js'
import { decideSignal, submitDecisionUpdate } from '../../src/contract/messages.js'
import type { RunView } from '../../src/contract/run.js'
import {
  commandText,
  decisionChallenge,
  decisionText,
  type SignedRun,
  type SteeringCommand,
} from '../../src/runbook/people/signature.js'
import { decide, openGate, voidGate, type GateState } from '../../src/workflows/gates.js'
import { newRunView } from '../../src/workflows/state.js'
import { shownHash } from '../../src/runbook/shown.js'
import { newPasskey } from '../runbook/people/passkeys.js'
import { newHardwareKey } from '../runbook/people/ssh-keys.js'
import { requestFor } from './request.js'
import { ALL_GATES, gateOpen, gateState, until, useSkippingServer } from './skipping.js'
import { openWorld } from './world.js'

function fail(gate: string): never {
  throw new Error(`no gate ${gate}`)
}

const hasKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined
if (!hasKeygen) console.warn('skipped: ssh-keygen is not installed here')

describe.skipIf(!hasKeygen)('where the environment asks for signatures', () => {
  const server = useSkippingServer()
  const folder = mkdtempSync(path.join(os.tmpdir(), 'd1-runbook-keys-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const key = (name: string): string => {
    const file = path.join(folder, name)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
    return file
  }
  const [bea, eve] = [key('bea'), key('eve')]
  const signed = (
    view: RunView,
    file: string,
    body: Pick<Decision, 'gate'> & Partial<Decision>,
  ): Decision => {
    const decision: Decision = {
      decision: 'approve',
      actor: 'Bea',
      decisionId: randomUUID(),
      ...(view.planHash === null ? {} : { planHash: view.planHash }),
      ...body,
    }
    return { ...decision, signature: signature(file, decisionText(view, decision)) }
  }
  const signature = (file: string, text: string): string =>
    execFileSync('ssh-keygen', ['-Y', 'sign', '-q', '-n', 'd1-runbook', '-f', file], {
      input: text,
      stdio: ['pipe', 'pipe', 'ignore'],
    }).toString()
  const signedCommand = (run: SignedRun, file: string, body: Pick<SteeringCommand, 'command' | 'reason'>) => {
    const command = { actor: 'Bea', commandId: randomUUID(), ...body }
    return { ...command, signature: signature(file, commandText(run, command)) }
  }
  const request = () => {
    const base = requestFor(randomUUID(), {
      // The requester may decide alone, and said yes to everything: without a signature it counts nowhere.
      preApproved: true,
      people: [
        { name: 'Ada', roles: [], publicKeys: [] },
        { name: 'Bea', roles: [], publicKeys: [readFileSync(`${bea}.pub`, 'utf8')] },
      ],
    })
    return { ...base, policy: { ...base.policy, requireSignatures: true } }
  }

  it('only signed decisions count, by signal and by update, and --yes does not', async () => {
    const world = openWorld()
    const view = await server.migrate(world, request(), async (handle) => {
      const open = await until(handle, gateOpen('team-lead'))
      expect(open.requireSignatures).toBe(true)
      await handle.signal(decideSignal, { gate: 'team-lead', decision: 'approve', actor: 'Bea' })
      await handle.signal(decideSignal, signed(open, eve, { gate: 'team-lead' }))
      await handle.signal(decideSignal, { ...signed(open, bea, { gate: 'environment' }), gate: 'team-lead' })
      const otherRun = { ...open, runId: 'another run' }
      await expect(
        handle.executeUpdate(submitDecisionUpdate, { args: [signed(otherRun, bea, { gate: 'team-lead' })] }),
      ).rejects.toMatchObject({ cause: { type: 'DecisionRefused' } })
      const refused = await until(handle, (seen) => seen.refused.length === 4)
      expect(gateState(refused, 'team-lead')).toBe('open')
      for (const gate of ALL_GATES) {
        const now = await until(handle, gateOpen(gate))
        const decision = signed(now, bea, { gate })
        if (gate === 'plan') await handle.signal(decideSignal, decision)
        else await handle.executeUpdate(submitDecisionUpdate, { args: [decision] })
      }
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    const decisions = view.gates.flatMap((gate) => gate.decisions)
    expect(decisions.map(({ actor }) => actor)).toEqual(ALL_GATES.map(() => 'Bea'))
    expect(decisions.every(({ signedWith }) => signedWith?.startsWith('SHA256:'))).toBe(true)
  })

  it('a gate that asks for presence counts a touched hardware key or a passkey alone, and the record says which it was', async () => {
    const world = openWorld()
    const device = newHardwareKey()
    const phone = newPasskey()
    const asked = request()
    const [ada, ...others] = asked.people
    const { final, plan } = asked.policy.gates
    const withDevice = {
      ...asked,
      people: [
        ...(ada === undefined ? [] : [ada]),
        ...others.map((one) => ({
          ...one,
          publicKeys: [...one.publicKeys, device.publicKey, phone.publicKey],
        })),
      ],
      policy: {
        ...asked.policy,
        gates: {
          ...asked.policy.gates,
          final: { ...final, requirePresence: true },
          plan: { ...plan, requirePresence: true },
        },
      },
    }
    const view = await server.migrate(world, withDevice, async (handle) => {
      for (const gate of ALL_GATES) {
        const now = await until(handle, gateOpen(gate))
        const byFile = signed(now, bea, { gate })
        if (gate === 'plan') {
          const shown = shownHash(now.gates.find((one) => one.gate === gate) ?? fail(gate))
          const { signature: _, ...decision } = { ...byFile, shown }
          const assertion = phone.get(decisionChallenge(now, decision))
          await handle.executeUpdate(submitDecisionUpdate, { args: [{ ...decision, assertion }] })
          continue
        }
        if (gate !== 'final') {
          await handle.executeUpdate(submitDecisionUpdate, { args: [byFile] })
          continue
        }
        expect(now.gates.find((one) => one.gate === 'final')?.who).toMatchObject({ presence: true })
        for (const refused of [byFile, signed(now, bea, { gate, decision: 'reject' })])
          await expect(handle.executeUpdate(submitDecisionUpdate, { args: [refused] })).rejects.toMatchObject(
            { cause: { type: 'DecisionRefused' } },
          )
        const { signature: _, ...decision } = signed(now, bea, { gate })
        const touched = { ...decision, signature: device.sign(decisionText(now, decision)) }
        await handle.executeUpdate(submitDecisionUpdate, { args: [touched] })
      }
      return handle.result()
    })
    expect(view.outcome).toBe('completed')
    expect(view.refused.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/'final' asks for a hardware key/),
      expect.stringMatching(/'final' asks for a hardware key/),
    ])
    const touched = view.gates.flatMap(({ gate, decisions }) => decisions.map((one) => [gate, one.touched]))
    expect(touched.filter(([, was]) => was === true)).toEqual([
      ['plan', true],
      ['final', true],
    ])
  })

  it('nobody holds, stops or alarms the run without a signature; a minor issue and an observation are only notes', async () => {
    const world = openWorld()
    const view = await server.migrate(world, request(), async (handle) => {
      const open = await until(handle, gateOpen('team-lead'))
      const reason = { reason: 'mine now', actor: 'Bea' }
      const issue = { severity: 'critical', description: 'gone', actor: 'Bea' }
      await handle.signal('pause')
      await handle.signal('pause', { actor: 'Bea' })
      await handle.signal('abort', reason)
      await handle.signal('supersede', reason)
      await handle.signal('reportIssue', issue)
      // Signed, but by somebody else, for something else, for another run.
      const ask = { command: 'abort', reason: 'mine now' } as const
      await handle.signal('abort', signedCommand(open, eve, ask))
      await handle.signal('abort', { ...signedCommand(open, bea, ask), reason: 'other words' })
      await handle.signal('supersede', signedCommand(open, bea, ask))
      await handle.signal('abort', signedCommand({ ...open, runId: 'another' }, bea, ask))
      await handle.signal('abort', { ...reason, ...signed(open, bea, { gate: 'team-lead' }), commandId: 'x' })
      const refused = await until(handle, (seen) => seen.refused.length === 10)
      expect(refused).toMatchObject({ outcome: null, paused: false, issues: [] })
      expect(refused.refused.map(({ gate }) => gate)).toEqual(
        expect.arrayContaining(['pause', 'abort', 'supersede', 'report-issue']),
      )

      await handle.signal('observe', { note: 'a note', actor: 'Eve' })
      await handle.signal('observe', { note: 'all is well', actor: ' D1-runbооk ' })
      await handle.signal('reportIssue', { ...issue, severity: 'minor' })
      const pause = signedCommand(open, bea, { command: 'pause' })
      await handle.signal('pause', pause)
      await until(handle, ({ paused }) => paused)
      await handle.signal('resume', signedCommand(open, bea, { command: 'resume' }))
      await until(handle, ({ paused }) => !paused)
      // What was resumed is not paused again by whoever recorded the first one.
      await handle.signal('pause', pause)
      const replayed = await until(handle, (seen) => seen.refused.length === 11)
      expect(replayed.paused).toBe(false)
      expect(replayed.issues).toMatchObject([{ actor: 'Bea', unsigned: true }])
      expect(replayed.observations).toMatchObject([
        { note: 'a note', actor: 'Eve', unsigned: true },
        {
          note: expect.stringMatching(/^The signal observe was not understood: "d1-runbook" is the name of/),
        },
      ])
      // In the name of the tool nobody does anything, signed or not.
      await handle.signal('pause', { actor: 'd1-runbook' })
      await handle.signal(decideSignal, { gate: 'team-lead', decision: 'reject', actor: 'd1-runbook' })
      const named = await until(handle, (seen) => seen.refused.length === 13)
      expect(named.refused.slice(-2).map(({ reason }) => reason)).toEqual([
        expect.stringContaining('the name of the tool itself'),
        expect.stringContaining('the name of the tool itself'),
      ])
      await handle.signal('abort', signedCommand(open, bea, { command: 'abort', reason: 'release off' }))
      return handle.result()
    })
    expect(view).toMatchObject({ outcome: 'aborted', message: 'Bea aborted the run: release off' })
    expect(view.interventions?.map(({ command }) => command)).toEqual([
      'report-issue',
      'pause',
      'resume',
      'abort',
    ])
    expect(view.interventions?.slice(1).every(({ signedWith }) => signedWith?.startsWith('SHA256:'))).toBe(
      true,
    )
    expect(world.told.some(({ text }) => text.includes('Paused by Bea'))).toBe(true)
  })

  it('a decision that was void is not counted when it is sent again, and one names its plan', () => {
    const asked = request()
    const view = {
      ...newRunView(asked, { workflowId: 'w', runId: 'r', startedAt: '2026-01-02T03:04:05.000Z' }),
      planHash: 'p'.repeat(64),
    }
    const state: GateState = { request: asked, view, mayRollBack: false }
    const at = view.startedAt
    openGate(state, { gate: 'rollback', shows: [], at })
    const unbound = signed({ ...view, planHash: null }, bea, { gate: 'rollback', strategy: 'time-travel' })
    expect(decide(state, unbound, at)).toMatchObject({
      counted: false,
      reason: expect.stringContaining('planHash'),
    })
    const decision = signed(view, bea, { gate: 'rollback', strategy: 'time-travel' })
    expect(decide(state, { ...decision, strategy: 'none' }, at).counted).toBe(false)
    expect(decide(state, decision, at).counted).toBe(true)
    voidGate(state, 'rollback')
    openGate(state, { gate: 'rollback', shows: [], at })
    expect(decide(state, decision, at)).toMatchObject({
      counted: false,
      reason: expect.stringContaining('before'),
    })
    expect(view.refused).toHaveLength(3)
  })
})
