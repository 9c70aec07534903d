/** Of a program that runs in a terminal: where things are, who one is, how to reach the network. */
const ORDINARY = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'TMPDIR', 'TEMP', 'TMP', 'TZ', 'LANG', 'LANGUAGE'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['CI', 'NO_COLOR', 'FORCE_COLOR', 'LD_LIBRARY_PATH'],
  // Of Windows.
  ...['SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR', 'COMSPEC', 'PATHEXT', 'APPDATA', 'LOCALAPPDATA', 'USERPROFILE'],
  ...[
    'USERNAME',
    'HOMEDRIVE',
    'HOMEPATH',
    'PROGRAMDATA',
    'PROGRAMFILES',
    'PROGRAMFILES(X86)',
    'PROGRAMW6432',
  ],
  ...['NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE', 'OS'],
])
const ORDINARY_PREFIX = /^(?:LC_|XDG_|NODE_)/

/** Of programs that need more to do their work. Nobody gets the variables of channels and probes. */
const MORE = {
  /** Cloudflare's credentials are Wrangler's alone. */
  wrangler: /^(?:WRANGLER_|CLOUDFLARE_|CF_|MINIFLARE_)/,
  /** A review is asked for with the forge's own credentials; tests and tools of a project ask the package manager's settings. */
  project: /^(?:GH_|GITHUB_|GITLAB_|GIT_|SSH_|NPM_CONFIG_|PNPM_|YARN_|BUN_|VITEST|COREPACK_)/,
} as const

/**
 * The environment for a process that we start, made for it: what it needs of `env`, never all. Names are compared as Windows
 * does, without regard to case. `named`: variables that it gets besides.
 */
export function childEnvironment(
  kind?: keyof typeof MORE,
  { env = process.env, named = [] }: { env?: NodeJS.ProcessEnv; named?: readonly string[] } = {},
): Record<string, string> {
  const more = kind === undefined ? undefined : MORE[kind]
  const entries = Object.entries(env).filter(([name]) => {
    const upper = name.toUpperCase()
    return (
      ORDINARY.has(upper) || ORDINARY_PREFIX.test(upper) || more?.test(upper) === true || named.includes(name)
    )
  })
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}
