import { sendMessage } from 'execa'
import { scratchFolder } from '../../src/process/scratch-folder.js'

/** Makes a folder, says which, and ends as it is told. */
const [how, within] = process.argv.slice(2)
const { folder, remove } = await scratchFolder('test', within === undefined ? {} : { within, hidden: true })
if (how === 'waits') {
  setInterval(() => undefined, 1000)
  await sendMessage(folder)
}
if (how === 'removes') await remove()
if (how !== 'waits') process.exit(0)
