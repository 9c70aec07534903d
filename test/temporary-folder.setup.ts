import { afterAll } from 'vitest'
import { removeTemporaryFolders } from './temporary-folder.js'

// Here, and not where a folder is made: files that share a process load that module once, and only the first would clean up.
afterAll(removeTemporaryFolders, 300_000)
