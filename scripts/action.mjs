// The two steps of action.yml: check the migrations, and keep one comment of the pull request up to date.
// usage: node scripts/action.mjs check|comment      all else comes by variables, as action.yml sets them
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { packageRoot } from '../setup/places.mjs'

const COMMANDS = ['validate', 'plan']
/** GitHub refuses longer comments. Characters. */
const LONGEST_COMMENT = 65_536
const PAGE = 100

const {
  COMMAND = 'validate',
  PROJECT = '.',
  ENVIRONMENT = 'local',
  BACKUP = '',
  MARKDOWN = '',
  REPOSITORY = '',
  PULL_REQUEST = '',
  TOKEN = '',
  GITHUB_API_URL = 'https://api.github.com',
  GITHUB_OUTPUT,
  GITHUB_STEP_SUMMARY,
  RUNNER_TEMP = tmpdir(),
} = process.env

if (process.argv[2] === 'check') check()
else if (process.argv[2] === 'comment') await comment()
else throw new Error('usage: node scripts/action.mjs check|comment')

/** Never fails by what it finds: the steps after it show the findings first, and the last one fails the job. */
function check() {
  if (!COMMANDS.includes(COMMAND)) {
    throw new Error(`command is one of ${COMMANDS.join(', ')}, found "${COMMAND}"`)
  }
  const folder = mkdtempSync(join(RUNNER_TEMP, 'd1-runbook-'))
  const files = { sarif: join(folder, 'findings.sarif'), markdown: join(folder, 'findings.md') }
  const args = [launcher(), COMMAND, '--project', PROJECT, '--env', ENVIRONMENT]
  args.push('--sarif', files.sarif, '--markdown', files.markdown)
  if (BACKUP !== '') args.push('--backup', BACKUP)
  const { status, error } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (error !== undefined) throw error
  output('success', String(status === 0))
  for (const [name, file] of Object.entries(files)) if (existsSync(file)) output(name, file)
  if (GITHUB_STEP_SUMMARY && existsSync(files.markdown)) {
    appendFileSync(GITHUB_STEP_SUMMARY, readFileSync(files.markdown))
  }
}

/** The project's own d1-runbook, so that the job judges as people do; else the one that this action is. */
function launcher() {
  for (let folder = resolve(PROJECT); ; folder = dirname(folder)) {
    const own = join(folder, 'node_modules', 'd1-runbook', 'bin', 'd1-runbook.mjs')
    if (existsSync(own)) return own
    if (folder === dirname(folder)) return join(packageRoot, 'bin', 'd1-runbook.mjs')
  }
}

function output(name, value) {
  if (GITHUB_OUTPUT) appendFileSync(GITHUB_OUTPUT, `${name}=${value}\n`)
}

async function comment() {
  const mark = `<!-- d1-runbook ${COMMAND} ${ENVIRONMENT.replaceAll('--', '- -')} -->`
  const body = shortened(`${mark}\n${readFileSync(MARKDOWN, 'utf8')}`)
  const comments = `/repos/${REPOSITORY}/issues/${PULL_REQUEST}/comments`
  const mine = await findComment(comments, mark)
  const answer =
    mine === undefined
      ? await ask('POST', comments, { body })
      : await ask('PATCH', `/repos/${REPOSITORY}/issues/comments/${mine.id}`, { body })
  if (answer.ok) return
  // The token of a pull request from a fork may only read; the findings are in the summary and in the log.
  console.log(`::warning::The comment was not written: GitHub answered ${answer.status}.`)
}

async function findComment(path, mark) {
  for (let page = 1; ; page += 1) {
    const answer = await ask('GET', `${path}?per_page=${PAGE}&page=${page}`)
    if (!answer.ok) return undefined
    const found = await answer.json()
    const mine = found.find(({ body }) => body?.startsWith(mark))
    if (mine !== undefined || found.length < PAGE) return mine
  }
}

function shortened(text) {
  if (text.length <= LONGEST_COMMENT) return text
  const said = '\n\nThe rest does not fit into a comment; it is in the summary of the job.\n'
  return text.slice(0, LONGEST_COMMENT - said.length) + said
}

function ask(method, path, body) {
  return fetch(`${GITHUB_API_URL}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, accept: 'application/vnd.github+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}
