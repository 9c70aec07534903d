import { simulationTable, summarise, TRACES } from './judge-traces.js'

/**
 * Prints the judge's detection delays and false alarms: `npx tsx test/runbook/monitoring/judge-table.ts [SEEDS] [SAMPLES]`. SAMPLES:
 * answers of the health endpoint that a checkpoint takes; 1 shows what the other two are for.
 */
const [seeds = 1000, samples] = process.argv.slice(2).map(Number)
console.log(simulationTable(TRACES.map((trace) => summarise(trace, seeds, samples))))
