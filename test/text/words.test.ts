import { describe, expect, test } from 'vitest'
import { at, command, words } from '../../src/contract/next-command.js'
import { commandLine, plain } from '../../src/contract/command-line.js'
import { markdownWords, plainDocument, slackWords } from '../../src/text/words.js'

const place = { environment: 'prod & co', project: '../my "app"' }
const text = words`Restore <the> *newest* one: ${at(place, command('backup', '--keep', '3'))}, then _wait_.`

test('a command is written with all that it names', () => {
  expect(commandLine(at({ run: 'migration/a/b', project: 'x' }, command('show')))).toBe(
    'd1-runbook show migration/a/b --project x',
  )
  expect(commandLine(at({ run: 'migration/a/b', environment: 'a' }, command('approve', 'plan')))).toBe(
    'd1-runbook approve plan --id migration/a/b --env a',
  )
})

describe('one text, as each reader needs it', () => {
  test('one string', () => {
    expect(plain(text)).toBe(
      `Restore <the> *newest* one: d1-runbook backup --keep 3 --env "prod & co" --project '../my "app"', then _wait_.`,
    )
  })

  test('Markdown: words escaped, the command in code marks as it is typed', () => {
    expect(markdownWords(text)).toBe(
      'Restore &lt;the&gt; \\*newest\\* one: `d1-runbook backup --keep 3 --env "prod & co" --project \'../my "app"\'`, then \\_wait\\_.',
    )
    expect(markdownWords(words`${command('plan')} rehearses`)).toBe('`d1-runbook plan` rehearses')
  })

  test('Slack: nothing of it is a mention or a link', () => {
    expect(slackWords(words`<!channel> ${{ ...command('plan'), environment: 'a`b<c' }}`)).toBe(
      "&lt;!channel&gt; ```d1-runbook plan --env 'a`b&lt;c'```",
    )
  })

  test('JSON: one string, and the commands beside it', () => {
    const plan = command('plan')
    const complete = at.bind(undefined, { project: 'app' })
    const seen = new Date(0)
    const document = {
      seen,
      checks: [{ title: 't', advice: words`See ${plan}` }],
      shows: ['a', words`${plan}`],
    }
    expect(plainDocument(document, complete)).toEqual({
      seen,
      checks: [
        { title: 't', advice: 'See d1-runbook plan --project app', next: [{ ...plan, project: 'app' }] },
      ],
      shows: ['a', 'd1-runbook plan --project app'],
      next: [{ ...plan, project: 'app' }],
    })
  })

  test.each([
    { rows: ['d1-runbook show', ['a', 'b']], sql: "INSERT INTO t VALUES ('d1-runbook plan')" },
    { commands: [{ command: 'wrangler d1', at: 'x', durationMs: 1, result: '' }], nothing: null },
    { next: [command('plan'), command('status')], list: [], value: 0 },
  ])('JSON data is no text of ours: %j', (data) => {
    expect(plainDocument(data)).toEqual(data)
  })
})
