import { expect, it } from 'vitest'
import { ASSUMPTIONS } from '../../src/contract/assumptions.js'
import { formatted } from '../formatted.js'

const INTRODUCTION = `# What we take Cloudflare's D1 to be

Tests meet D1 as the local Cloudflare API (\`sample/cloudflare-api\`), which is made from public sources. What of it nobody has compared
with production is listed here. \`d1-runbook doctor --live\` compares it on your account, in a throw-away database that it makes and
deletes: some 90 calls, a minute, 5,000 rows, and one answer of 53 MB where D1 gives it. Its file sets the local API up as it was seen
(\`--as FILE\`).

This page is made from \`src/contract/assumptions.ts\` (\`npx vitest run test/docs/assumptions.test.ts --update\`).

| assumption | taken to be | proven live | source |
| --- | --- | --- | --- |
`

it('lists every assumption with its source, and whether a live run has proven it', async () => {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = ASSUMPTIONS.map(
    ({ assumption, expected, provenAt, source }) =>
      `| ${cell(assumption)} | ${cell(expected.join(' or '))} | ${provenAt ?? 'no'} | ${cell(source)} |`,
  )
  const page = await formatted('assumptions.md', `${INTRODUCTION}${rows.join('\n')}\n`)
  await expect(page).toMatchFileSnapshot('../../docs/assumptions.md')
})

it('gives each assumption one name', () => {
  expect(new Set(ASSUMPTIONS.map(({ id }) => id)).size).toBe(ASSUMPTIONS.length)
})
