import { SLACK_ACTIONS } from '../contract/ask.js'
import { commandLine } from '../contract/command-line.js'
import { linesOf, mapText, type Words } from '../contract/next-command.js'
import { cut } from './cut.js'
import { visible } from './visible.js'
import { slackWords } from './words.js'

/** Slack refuses a longer header. https://docs.slack.dev/reference/block-kit/blocks/header-block */
const HEADER_LENGTH = 150

/** Of all lines after the first, so that a message stays far below what Slack cuts off. */
const BODY_LENGTH = 10_000

/** A changed message may have no more of it. https://docs.slack.dev/reference/methods/chat.update */
const NOTICE_LENGTH = 3_900

/** Slack refuses a longer value of a button. https://docs.slack.dev/reference/block-kit/block-elements/button-element */
const VALUE_LENGTH = 2_000

/** What may be pressed below a message. */
export interface SlackButtons {
  /** Where the decision is made. */
  link: string
  /** Values of the buttons that decide by themselves. */
  decide?: { approve: string; reject: string; about: string } | undefined
}

export interface SlackMessage {
  text: string
  mrkdwn: false
  unfurl_links: false
  unfurl_media: false
  blocks: object[]
}

type Element = { type: 'text'; text: string; style?: { code: true } }

/** What a message says beside its words. */
export interface SlackExtras {
  buttons?: SlackButtons | undefined
  /** Users whom it mentions, so that Slack tells them. */
  mentions?: readonly string[] | undefined
}

/**
 * A message for Slack. The blocks are rich text: pieces that Slack shows as they are, where mrkdwn would read mentions, links
 * and marks out of names and comments. `text` is what notifications show.
 */
export function slackMessage(said: Words, { buttons, mentions = [] }: SlackExtras = {}): SlackMessage {
  const [title = '', ...lines] = linesOf(said)
  const elements = within(
    lines.flatMap((line, at) => [...(at === 0 ? [] : [plainElement('\n')]), ...elementsOf(line)]),
  )
  return {
    text: noticeOf(
      slackWords(
        linesOf(said)
          .map((line) => mapText(line, visible))
          .reduce<Words>(behind, ''),
      ),
    ),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plainText(shortened(shown(title))) },
      ...(elements.length === 0
        ? []
        : [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }]),
      ...(mentions.length === 0 ? [] : [{ type: 'rich_text', elements: [mentioned(mentions)] }]),
      ...(buttons === undefined ? [] : [{ type: 'actions', elements: buttonsOf(buttons) }]),
    ],
  }
}

function mentioned(users: readonly string[]): object {
  const called = users.flatMap((user_id) => [plainElement(' '), { type: 'user', user_id }])
  return { type: 'rich_text_section', elements: [plainElement('Reached:'), ...called] }
}

function buttonsOf({ link, decide }: SlackButtons): object[] {
  const open = {
    ...{ type: 'button', action_id: SLACK_ACTIONS.link, url: link },
    text: plainText('Open the decision'),
  }
  if (decide === undefined || [decide.approve, decide.reject].some(({ length }) => length > VALUE_LENGTH))
    return [open]
  const { approve, reject, about } = decide
  const asked = (verb: string) => ({
    title: plainText(`${verb}?`),
    text: plainText(about.slice(0, 300)),
    confirm: plainText(verb),
    deny: plainText('Not now'),
  })
  return [
    open,
    {
      ...{ type: 'button', action_id: SLACK_ACTIONS.approve, style: 'primary', value: approve },
      ...{ text: plainText('Approve'), confirm: asked('Approve') },
    },
    {
      ...{ type: 'button', action_id: SLACK_ACTIONS.reject, style: 'danger', value: reject },
      ...{ text: plainText('Decline'), confirm: asked('Decline') },
    },
  ]
}

function plainText(text: string): object {
  return { type: 'plain_text', text, emoji: false }
}

/** Cut between lines where one ends in time: half of an escaped sign or of a command would be another one. */
function noticeOf(text: string): string {
  if (text.length <= NOTICE_LENGTH) return text
  const end = text.lastIndexOf('\n', NOTICE_LENGTH)
  return end > 0 ? `${text.slice(0, end)}\n…` : '… see the message'
}

function behind(before: Words, line: Words): Words {
  const pieces = (text: Words): Exclude<Words, string> => (typeof text === 'string' ? [text] : text)
  return before === '' ? line : [...pieces(before), '\n', ...pieces(line)]
}

function elementsOf(line: Words): Element[] {
  const pieces = typeof line === 'string' ? [line] : line
  return pieces
    .map((piece): Element =>
      typeof piece === 'string'
        ? plainElement(visible(piece))
        : { type: 'text', text: commandLine(piece), style: { code: true } },
    )
    .filter(({ text }) => text !== '')
}

function plainElement(text: string): Element {
  return { type: 'text', text }
}

/** Whole pieces, and how much was left out: a command that is cut would be another command. */
function within(elements: Element[]): Element[] {
  let length = 0
  const fits = elements.findIndex(({ text }) => (length += text.length) > BODY_LENGTH)
  return fits === -1 ? elements : [...elements.slice(0, fits), plainElement('\n… more is in the report')]
}

function shown(line: Words): string {
  return (typeof line === 'string' ? [line] : line)
    .map((piece) => (typeof piece === 'string' ? visible(piece) : commandLine(piece)))
    .join('')
}

function shortened(text: string): string {
  return cut(text, HEADER_LENGTH) || '…'
}
