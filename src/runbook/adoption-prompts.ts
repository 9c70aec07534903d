import type { Adoption } from '../contract/adoption.js'
import type { RunView } from '../contract/run.js'
import { differenceText } from '../text/adoption.js'
import { plural } from '../text/plural.js'
import { requestLine } from './people/provenance.js'

const NOTHING_RUNS = 'No migration runs: files that the database is proven to hold are recorded as applied'

/** What is confirmed at each gate before the ledger of a database is written, as lines for people. */
export const adoptionPrompts = {
  teamLead: (view: RunView): string[] => [
    NOTHING_RUNS,
    `Database: ${view.database.name} (${view.database.id})`,
    requestLine(view),
    ...view.checks.map(({ title, state, message }) => `${title}: ${state}, ${message}`),
  ],
  preflight: (view: RunView, adoption: Adoption): string[] => [
    ...view.checks.map(({ title, state, message }) => `${title}: ${state}, ${message}`),
    `${adoption.ledger.length} in the ledger, ${adoption.proven.length} proven, ${adoption.notProven.length} not proven`,
    ...adoption.edited.map((one) => `Changed since the files: ${differenceText(one)}`),
    ...adoption.extra.map(({ kind, name }) => `In the database, and made by no file: ${kind} ${name}`),
  ],
  plan: (proof: Proof, migrationsTable: string): string[] => [
    `Plan ${short(proof)}: ${plural(proof.adoption.proven.length, 'row')} for ${migrationsTable}, in this order`,
    ...proof.adoption.proven,
    ...proof.adoption.notProven.map(({ name, why }) => `Not proven, and not recorded: ${name}: ${why}`),
  ],
  final: (view: RunView, proof: Proof, migrationsTable: string): string[] => [
    `${view.environment}: ${view.database.name} (${view.database.id})`,
    `Record in ${migrationsTable}: ${proof.adoption.proven.join(', ')}. They will never run here`,
    `Plan ${short(proof)}`,
    `Verified backup: ${view.backup?.file ?? 'none'}`,
    'The database is proven once more before anything is written',
  ],
}

interface Proof {
  adoption: Adoption
  planHash: string
}

function short({ planHash }: Proof): string {
  return planHash.slice(0, 12)
}
