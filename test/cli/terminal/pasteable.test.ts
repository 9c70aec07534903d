import { describe, expect, test } from 'vitest'
import { pasteable, typedIn } from '../../../src/cli/terminal/pasteable.js'

describe('a command that is printed works when it is pasted', () => {
  test.each([
    [['show', '--env', 'production'], 'See: d1-runbook show', 'See: d1-runbook show --env production'],
    [['show', '-e=x'], 'd1-runbook show', 'd1-runbook show'],
    [
      ['abort', '--env=staging', '-p', '../my app'],
      'd1-runbook show',
      'd1-runbook show --env staging --project "../my app"',
    ],
    [
      ['show', '--env', 'production', '--project', 'app'],
      'approve: d1-runbook approve final --env production',
      'approve: d1-runbook approve --project app final --env production',
    ],
    [
      ['doctor', '-p', 'app'],
      'Start one: d1-runbook worker (or d1-runbook dev)',
      'Start one: d1-runbook worker --project app (or d1-runbook dev --project app)',
    ],
    [
      ['validate', '--env', 'x'],
      '`d1-runbook backup validate` names it',
      '`d1-runbook backup validate --env x` names it',
    ],
    [
      ['plan', '--env', 'x'],
      'd1-runbook create-rollback --of NAME',
      'd1-runbook create-rollback --env x --of NAME',
    ],
    [
      ['approve', 'plan', '--id', 'migration/a/b', '--env', 'x'],
      'd1-runbook show, then d1-runbook reject plan',
      'd1-runbook show migration/a/b, then d1-runbook reject --id migration/a/b plan',
    ],
    [
      ['show', 'migration/a/b'],
      'd1-runbook approve final --env a',
      'd1-runbook approve --id migration/a/b final --env a',
    ],
    [['show', 'migration/a/b'], 'd1-runbook show migration/a/b', 'd1-runbook show migration/a/b'],
    [
      ['show', '--env', 'x'],
      '-- d1-runbook: accept DL102 lists: d1-runbook is a tool',
      '-- d1-runbook: accept DL102 lists: d1-runbook is a tool',
    ],
    [['show'], 'd1-runbook show', 'd1-runbook show'],
    [['show', '--env', '--toString'], 'd1-runbook demo --yes', 'd1-runbook demo --yes'],
  ])('%j: %s', (argv, text, expected) => {
    expect(pasteable(text, typedIn(argv))).toBe(expected)
  })
})
