import type { Command } from 'commander'
import path from 'node:path'
import { RunbookError } from '../../contract/failures.js'
import { stateFolder } from '../../process/state-folder.js'
import type { MigrationRequest, RunView } from '../../contract/run.js'
import type { App } from '../terminal/app.js'
import type { DemoStage } from './demo-stage.js'
import type { Driven, DriveOptions } from './drive.js'
import type { Output } from '../terminal/output.js'
import { runLines } from '../terminal/run-text.js'
import { runLink } from '../../client/run-link.js'
import { exitCodeOf } from '../../client/runs.js'
import type { Session } from '../../client/session.js'
import { at, command, words, type NextCommand, type Words } from '../../contract/next-command.js'
import { grouped } from '../../contract/number.js'

interface DemoOptions {
  yes?: boolean
  fast?: boolean
  remote?: boolean
  dir?: string
}

const ACTOR = 'demo'
/** `--fast`: an hour of monitoring in a second, 24 hours in 24 seconds. */
const FAST_FACTOR = 3_600

/** The embedded default, all of it: a fresh sample carried through the whole runbook. */
export function demoCommand(app: App, summary: string): Command {
  return app
    .command('demo', summary, ['demo', 'demo --fast', 'demo --yes --fast', 'demo --remote --fast'], 'none')
    .option('--yes', 'approve every gate as the demo user, and stop everything at the end')
    .option('--fast', `compress the 24 hours of monitoring to seconds (factor ${FAST_FACTOR})`)
    .option('--remote', 'migrate "production" at a local Cloudflare API instead of a local database')
    .option('--dir <dir>', 'folder of the sample (default: .d1-runbook/demo)')
    .action(
      app.action<DemoOptions>(async ({ options, output }) => {
        refuseSilentDemo(options, output)
        const folder = path.resolve(options.dir ?? stateFolder(options.project, 'demo'))
        const { openDemoStage } = await import('./demo-stage.js')
        const stage = await openDemoStage({
          folder,
          remote: options.remote === true,
          onProgress: output.note,
        })
        try {
          return await play(stage, options, output)
        } finally {
          await stage.close()
        }
      }),
    )
}

function refuseSilentDemo(options: DemoOptions, output: Output): void {
  if (options.yes === true || output.interactive) return
  throw new RunbookError(
    'ConfigInvalid',
    'The demo asks questions, and here is no terminal to answer them.',
    {
      advice: words`Run ${silentDemo(options)}: it approves everything as the demo user.`,
    },
  )
}

/** What was asked for, without its questions. */
export function silentDemo({ remote, dir }: DemoOptions): NextCommand {
  return command(
    'demo',
    ...['--yes', '--fast'],
    ...(remote === true ? ['--remote'] : []),
    ...(dir === undefined ? [] : ['--dir', dir]),
  )
}

async function play(stage: DemoStage, options: DemoOptions, output: Output): Promise<number> {
  const { workerConfiguration } = await import('../../config/worker-service.js')
  const { connectWorker } = await import('../../temporal/worker-connection.js')
  const { createRunbookWorker } = await import('../../temporal/worker.js')
  const { createActivities } = await import('../../activities/index.js')
  const { withSession } = await import('../../client/session.js')
  const { quietWorkerLog } = await import('./worker-log.js')
  quietWorkerLog()
  const { projectDir } = stage
  const { taskQueue, service } = await workerConfiguration({ projectDir, files: [] })
  const { connection, namespace } = await connectWorker({ projectDir })
  try {
    let say: (text: Words) => void = output.note
    // The texts are in announcements.log; here they would tear the prompts apart.
    const activities = createActivities({
      service,
      print: (text) => sayAnnouncement(text, (title) => say(title)),
    })
    const worker = await createRunbookWorker({ connection, namespace, taskQueue, activities })
    return await worker.runUntil(
      withSession(projectDir, async (session) => {
        const { view, leftBy } = await migrate(session, stage, options, {
          output,
          onReady: (line) => (say = line),
        })
        output.document(view)
        if (leftBy !== undefined) {
          output.note(keptText(stage))
          return 0
        }
        if (!output.json) sayEnding(view, stage, options, output)
        if (staysUp(options, output)) await untilInterrupt(output)
        // Nobody is there to decide what it still asks: what it is to show, it did not.
        return view.outcome === null ? 1 : exitCodeOf(view)
      }),
    )
  } finally {
    await connection.close()
  }
}

async function migrate(
  session: Session,
  stage: DemoStage,
  options: DemoOptions,
  { output, onReady }: Required<Pick<DriveOptions, 'output' | 'onReady'>>,
): Promise<Driven> {
  const { openContext } = await import('../../config/context.js')
  const { buildRequest } = await import('../../client/request.js')
  const { startRun } = await import('../../client/start.js')
  const { driveRun } = await import('./drive.js')
  const context = await openContext({ env: stage.environment, project: stage.projectDir })
  const request = await buildRequest(context, {
    requester: ACTOR,
    preApproved: options.yes === true,
    timeScale: options.fast === true ? FAST_FACTOR : undefined,
    onProgress: output.note,
  })
  sayBeginning(stage, request, output)
  const started = await startRun(session, context.project.taskQueue, request)
  const signing = { folder: stage.projectDir }
  return driveRun({ session, ...started, output, actor: ACTOR, request, until: 'closed', signing, onReady })
}

function sayBeginning(stage: DemoStage, request: MigrationRequest, output: Output): void {
  const { timeScale } = request.monitoring
  output.note(`Temporal UI: ${stage.server.uiUrl}`)
  output.note(
    timeScale === 1
      ? 'Monitoring lasts 24 real hours; Ctrl-C leaves at any time, and --fast compresses it to seconds.'
      : `Time is compressed ${grouped(timeScale)} times: an hour of monitoring lasts ${3_600 / timeScale} s.`,
  )
}

/** Whether the server outlives the run, until Ctrl-C: its pages can be opened then. */
function staysUp({ yes }: DemoOptions, { interactive }: Pick<Output, 'interactive'>): boolean {
  return interactive && yes !== true
}

function sayEnding(view: RunView, stage: DemoStage, options: DemoOptions, output: Output): void {
  for (const line of ['', ...runLines(view, output.colors), ''])
    for (const row of output.block(line)) output.verbatim(row)
  const here = placeOf(stage)
  const report = view.artifacts.find((file) => file.endsWith('report.html'))
  if (report !== undefined) output.line(`Report       ${report}`)
  if (view.backup !== null) output.line(`Backup       ${view.backup.file}`)
  if (staysUp(options, output)) output.line(`Temporal UI  ${runLink(stage.server, view) ?? ''}`)
  output.line('')
  output.line('Try next:')
  for (const next of nextCommands(stage, options)) output.line(words`  ${here(next)}`)
  output.line(words`  ${command('doctor')}  in your own project`)
}

/** What works behind the demo: the local Cloudflare API ends with it, and its production can be asked no more. */
function nextCommands({ environment }: DemoStage, { yes }: DemoOptions): NextCommand[] {
  return [
    ...(environment === 'local' ? [command('status')] : []),
    command('backup validate'),
    // Where the demo waits for Ctrl-C, its server is there as long.
    ...(yes === true ? [command('dev')] : []),
  ]
}

function placeOf({ projectDir, environment }: DemoStage): (next: NextCommand) => NextCommand {
  return at.bind(undefined, { project: projectDir, ...(environment === 'local' ? {} : { environment }) })
}

function keptText(stage: DemoStage): Words {
  const here = placeOf(stage)
  return stage.environment === 'local'
    ? words`The run is kept: ${here(command('dev'))} goes on with it.`
    : words`The run is kept, and stands still: the Cloudflare API of the sample ended with the demo. ${here(command('dev'))} shows how far it came.`
}

async function untilInterrupt(output: Output): Promise<void> {
  output.note('The Temporal UI stays up until you press Ctrl-C.')
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

/** Its first line; the updates every 15 minutes say what the progress lines have said already. */
function sayAnnouncement(text: string, say: (title: string) => void): void {
  const [title = ''] = text.split('\n')
  if (!title.includes('Migration Update')) say(title)
}
