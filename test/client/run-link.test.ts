import { expect, test } from 'vitest'
import { runLink } from '../../src/client/run-link.js'

const run = { workflowId: 'migration/local/7d5c', runId: 'r1' }

test.each([
  [
    { uiUrl: 'http://127.0.0.1:8233', namespace: 'default' },
    'http://127.0.0.1:8233/namespaces/default/workflows/migration%2Flocal%2F7d5c/r1/timeline',
  ],
  [
    { uiUrl: 'https://ui.example/base/', namespace: 'team a/b' },
    'https://ui.example/base/namespaces/team%20a%2Fb/workflows/migration%2Flocal%2F7d5c/r1/timeline',
  ],
  [{ namespace: 'default' }, undefined],
])('the page of a run at %j is %s', (place, link) => {
  expect(runLink(place, run)).toBe(link)
})
