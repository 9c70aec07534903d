import getPort from 'get-port'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { demandLocalListener } from '../../src/temporal/local-port.js'

test('nobody listens on this machine: told at once', async () => {
  const port = await getPort()
  await expect(demandLocalListener(`127.0.0.1:${port}`)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('somebody listens: the client of Temporal finds out who', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  const port = await getPort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await expect(demandLocalListener(`127.0.0.1:${port}`)).resolves.toBeUndefined()
})

test.each(['temporal.example:7233', '10.0.0.1:7233', 'no address'])(
  '%s is left to the client',
  async (address) => {
    await expect(demandLocalListener(address)).resolves.toBeUndefined()
  },
)
