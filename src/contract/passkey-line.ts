/** A passkey: its key, then its ID, whom it was made for, and the pages that may use it. Read by `readPasskey`. */
export const PASSKEY =
  /^\s*(webauthn-es256|webauthn-ed25519) +([A-Za-z0-9_-]+) +id=([A-Za-z0-9_-]+) +rp=([a-z0-9.-]+) +origin=(\S+)(?:\s.*)?$/
