import type { Command } from 'commander'
import type { App } from './app.js'
import { createCommand } from './create.js'
import { statusCommand } from './status.js'
import { validateCommand } from './validate.js'

/** In the order of the help. Each file imports its services only when its command runs. */
export const COMMANDS: ((app: App) => Command)[] = [validateCommand, statusCommand, createCommand]
