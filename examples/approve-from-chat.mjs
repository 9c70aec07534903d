// A chat bot at whose word gates open: the chat posts {"id", "user", "text"}, and gets back what came of it.
// text: "approve GATE" or "reject GATE why"
// usage: CHAT_SECRET=… CHAT_PEOPLE='{"U1":"Grace Hopper"}' [PORT=8080] node approve-from-chat.mjs WORKFLOW_ID
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { connectRunbook, GATES, RunbookError } from 'd1-runbook/client'

const FIVE_MINUTES_MS = 300_000

const [workflowId = ''] = process.argv.slice(2)
const { CHAT_SECRET: secret = '', CHAT_PEOPLE: names = '{}', PORT: port = '8080' } = process.env
if (workflowId === '' || secret === '') throw new Error('give WORKFLOW_ID and CHAT_SECRET')
/** From the chat's IDs, which the chat has proven, to the names that `people` of runbook.config knows. */
const people = new Map(Object.entries(JSON.parse(names)))

const runbook = await connectRunbook()
const server = createServer((request, response) => {
  answer(request).then(
    ({ status, reply }) => response.writeHead(status).end(reply),
    (error) => response.writeHead(500).end(error.message),
  )
})
server.listen(Number(port), '127.0.0.1', () => console.log('listens at', JSON.stringify(server.address())))
process.once('SIGTERM', () => server.close(() => runbook.close()))

async function answer(request) {
  const body = await text(request)
  if (!isFromChat(request.headers, body)) return { status: 401, reply: 'not from the chat' }
  const { id, user, text: said } = JSON.parse(body)
  const actor = people.get(user)
  if (actor === undefined) return { status: 403, reply: `nobody here knows ${user}` }
  const [verb, name, ...why] = String(said).trim().split(/\s+/)
  const gate = GATES.find((one) => one === name)
  if (gate === undefined || (verb !== 'approve' && verb !== 'reject')) {
    return { status: 200, reply: `approve or reject one of: ${GATES.join(', ')}` }
  }
  try {
    // The message's own ID: a chat that delivers it twice decides once.
    const { state, approvalsMissing } = await runbook.decide(workflowId, {
      gate,
      decision: verb,
      actor,
      decisionId: String(id),
      ...(why.length > 0 ? { comment: why.join(' ') } : {}),
    })
    return { status: 200, reply: `${gate} is ${state}, ${approvalsMissing} more needed` }
  } catch (error) {
    if (!(error instanceof RunbookError)) throw error
    return { status: 200, reply: `${error.message} ${error.advice}` }
  }
}

/** HMAC-SHA256 over time and body, as chats sign what they post; old ones are somebody's recording. */
function isFromChat({ 'x-chat-time': time = '', 'x-chat-signature': given = '' }, body) {
  if (!(Math.abs(Date.now() - Number(time)) < FIVE_MINUTES_MS)) return false
  const expected = createHmac('sha256', secret).update(`${time}:${body}`).digest()
  const signature = Buffer.from(given, 'hex')
  return signature.length === expected.length && timingSafeEqual(signature, expected)
}
