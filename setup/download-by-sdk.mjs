// A program of its own, so that a time limit can end it: the SDK downloads in native code.
// usage: node download-by-sdk.mjs dev-server|time-skipping FOLDER
import { TestWorkflowEnvironment } from '@temporalio/testing'

const [kind, downloadDir] = process.argv.slice(2)
const executable = { type: 'cached-download', downloadDir }
try {
  const environment =
    kind === 'time-skipping'
      ? await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })
      : await TestWorkflowEnvironment.createLocal({ server: { executable } })
  await environment.teardown()
} catch (error) {
  console.error(error.message.replaceAll('\n', ' '))
  process.exitCode = 1
}
