// usage: owner.ts PROJECT. Runs an embedded server and prints its process number, for the test that kills this one.
import { startEmbeddedServer } from '../../src/temporal/embedded-server.js'

const [projectDir = ''] = process.argv.slice(2)
const { pid } = await startEmbeddedServer({ projectDir })
console.log(pid)
setInterval(() => undefined, 60_000)
