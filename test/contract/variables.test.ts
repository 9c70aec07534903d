import { describe, expect, it } from 'vitest'
import { soundsLikeCredential } from '../../src/contract/credential-name.js'
import { storageSchema } from '../../src/contract/storage.js'
import { openedCredentials } from '../../src/contract/variables.js'

it.each([
  ...[
    'AWS_SECRET_ACCESS_KEY',
    'AWS_ACCESS_KEY_ID',
    'AWS_SESSION_TOKEN',
    'GITHUB_TOKEN',
    'NPM_TOKEN',
    'TOKEN',
  ],
  ...['DB_PASSWORD', 'PGPASSWORD', 'SLACK_SIGNING_SECRET', 'STRIPE_API_KEY', 'OPENAI_APIKEY', 'github_pat'],
  ...['GOOGLE_APPLICATION_CREDENTIALS', 'SSH_PRIVATE_KEY', 'SUPABASE_SERVICE_ROLE_KEY', 'DATABASE_URL'],
  ...['SENTRY_DSN', 'MYSQL_URL', 'VAULT_TOKEN_FILE', 'SIGNING_KEY_BASE64', 'GPG_PASSPHRASE'],
])('%s is called like a credential', (name) => {
  expect(soundsLikeCredential(name)).toBe(true)
})

it.each([
  ...[
    'HEALTH_URL',
    'STAGING_HOST',
    'TOKENIZER_PATH',
    'MAX_TOKENS',
    'TOKEN_COUNT',
    'SECRETARY_EMAIL',
    'AUTHOR',
  ],
  ...[
    'MONKEY',
    'KEYBOARD',
    'PUBLIC_KEY',
    'CACHE_KEY',
    'PASSWORDLESS_LOGIN',
    'PATH',
    'COMPAT',
    'PAGER',
    'SPAT',
  ],
])('%s is not', (name) => {
  expect(soundsLikeCredential(name)).toBe(false)
})

describe('what a configuration opens to channels and headers', () => {
  const bucket = storageSchema.parse({
    ...{ kind: 's3', bucket: 'archives' },
    ...{ keyIdEnv: 'AWS_ACCESS_KEY_ID', secretEnv: 'AWS_SECRET_ACCESS_KEY' },
  })

  it('is told where it is called like a credential, each once', () => {
    const told = openedCredentials(['PAGER', 'GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY'], [undefined])
    expect(told?.message).toContain('opens GITHUB_TOKEN, AWS_SECRET_ACCESS_KEY to every channel')
  })

  it('is silent of what a storage is reached with, and of all others', () => {
    const storages = [undefined, bucket]
    expect(
      openedCredentials(['PAGER', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'], storages),
    ).toBeUndefined()
    expect(openedCredentials([], storages)).toBeUndefined()
    expect(openedCredentials(['GITHUB_TOKEN'], storages)?.message).toContain('GITHUB_TOKEN')
  })
})
