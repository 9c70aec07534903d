/** Of every command that decides. */
export const SIGN_KEY_HELP =
  "SSH ed25519 key that signs (default: D1_RUNBOOK_SIGN_KEY, git's user.signingkey, ~/.ssh/id_ed25519; used where the environment asks for signatures)"
