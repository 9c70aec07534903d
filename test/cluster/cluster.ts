import path from 'node:path'
import { packageRoot } from '../../src/process/package-root.js'

/** A process of the cluster; see scripts/cluster/service.mjs. */
export interface Service {
  name: string
  running: boolean
  /** Resolves once it serves. */
  start(): Promise<void>
  /** SIGKILL, to this process alone. */
  kill(): Promise<void>
}

export interface Cluster {
  /** Where its Temporal is. */
  env: { TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string }
  postgresql: Service
  temporal: Service
  workers: Service[]
  stop(): Promise<void>
}

interface Script {
  startCluster: (settings: {
    folder: string
    charters: string
    env: Record<string, string>
    /** No two workers share a folder. */
    ownDisks?: boolean
  }) => Promise<Cluster>
}

export const { startCluster } = (await import(path.join(packageRoot(), 'scripts', 'cluster.mjs'))) as Script
