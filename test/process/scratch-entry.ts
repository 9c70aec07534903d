import { sendMessage } from 'execa'
import { scratchFolder } from '../../src/process/scratch-folder.js'

/** Makes a folder, says which, and ends as it is told. */
const { folder, remove } = await scratchFolder('test')
const [how] = process.argv.slice(2)
if (how === 'waits') {
  setInterval(() => undefined, 1000)
  await sendMessage(folder)
}
if (how === 'removes') await remove()
if (how !== 'waits') process.exit(0)
