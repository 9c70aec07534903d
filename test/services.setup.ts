import { afterAll } from 'vitest'
import { endServices } from './e2e/processes.js'

afterAll(endServices)
