// One process of a cluster that can be killed and started again, as a container can.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_AGAIN_MS = 200
const START_AGAIN_MS = 1_000
const READY_LIMIT_MS = 120_000
const TAIL = 2_000

export class Service {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  child
  ended = Promise.resolve()

  /** Down because somebody wants it to be. */
  #held = true

  /**
   * @param {{name: string, command: string, args: string[], options?: import('node:child_process').SpawnOptions, log: string,
   *   ready: () => Promise<unknown>, startAgain?: boolean, stopSignal?: NodeJS.Signals}} plan `ready` throws until it serves;
   *   `startAgain`: one that ends before it ever served is tried again, as where its predecessor still holds something
   */
  constructor(plan) {
    this.plan = plan
    this.name = plan.name
  }

  get pid() {
    return this.running ? this.child.pid : undefined
  }

  get running() {
    const { child } = this
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null
  }

  /**
   * Resolves once it serves; throws with its last words where it does not. From then on it is started again whenever it ends, as
   * `restart: unless-stopped` of docker-compose.yml does, until {@link kill} or {@link stop}.
   */
  async start() {
    this.#held = false
    this.#launch()
    for (const limit = Date.now() + READY_LIMIT_MS; ; await pause(LOOK_AGAIN_MS)) {
      if (!this.running && this.plan.startAgain === true && Date.now() < limit) this.#launch()
      if (!this.running) throw this.#failure('it ended')
      try {
        await this.plan.ready()
        break
      } catch (error) {
        if (Date.now() > limit) throw this.#failure(error instanceof Error ? error.message : String(error))
      }
    }
    this.#keep()
  }

  #launch() {
    const { command, args, options, log } = this.plan
    const file = openSync(log, 'a')
    this.logFrom = statSync(log).size
    const child = spawn(command, args, { ...options, stdio: ['ignore', file, file] })
    closeSync(file)
    this.child = child
    this.ended = new Promise((resolve) => {
      child.once('error', resolve)
      child.once('exit', resolve)
    })
  }

  #keep() {
    const { child } = this
    this.ended.then(async () => {
      await pause(START_AGAIN_MS)
      if (this.#held || this.child !== child) return
      this.#launch()
      this.#keep()
    })
  }

  /** Since it was started last. */
  said() {
    return readFileSync(this.plan.log).subarray(this.logFrom).toString('utf8')
  }

  /** This process alone, not what it started. It stays down until it is started again. */
  async kill(signal = 'SIGKILL') {
    this.#held = true
    if (this.running) this.child.kill(signal)
    await this.ended
  }

  stop() {
    return this.kill(this.plan.stopSignal ?? 'SIGTERM')
  }

  #failure(why) {
    return new Error(`${this.name} does not serve: ${why}\n${this.said().slice(-TAIL)}`)
  }
}
