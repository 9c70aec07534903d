import type { RollbackSummary } from '../contract/plan.js'

/** Files of the plan that take back others of it, and files of the folder that were taken for a reverse and are none, one sentence each. */
export function reverseFileLines({
  cancels = [],
  others = [],
}: Pick<RollbackSummary, 'cancels' | 'others'>): string[] {
  return [
    ...cancels.map(
      ({ name, takesBack }) =>
        `${name} leads back to the schema of before ${takesBack[0] ?? ''}: applied together, it takes back at once what ${takesBack.join(', ')} made of the schema. To keep it as a way back, leave it out of the folder until then.`,
    ),
    ...others.map(({ name, why }) => `${name} of the migrations folder is not the reverse: ${why}`),
  ]
}
