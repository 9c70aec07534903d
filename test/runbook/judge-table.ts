import { simulationTable, summarise, TRACES } from './judge-traces.js'

/** Prints the judge's detection delays and false alarms: `npx tsx test/runbook/judge-table.ts [SEEDS]`. */
const seeds = Number(process.argv[2] ?? 1000)
console.log(simulationTable(TRACES.map((trace) => summarise(trace, seeds))))
