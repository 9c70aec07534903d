/** How secrets are called: at the end of the name, whatever they are of. */
const CREDENTIAL =
  /(?:(?:^|_)(?:SECRET|TOKEN|PASSWD|PASSPHRASE|PAT|DSN|CREDENTIALS?)|PASSWORD|(?:^|_)(?:API|AUTH|SECRET|ACCESS|PRIVATE|SIGNING|ENCRYPTION|SERVICE|ROLE|ACCOUNT|MASTER|ADMIN|DEPLOY|SSH)_?KEY|(?:^|_)(?:DATABASE|DB|REDIS|POSTGRES|MYSQL|MONGO\w*)_UR[IL]|CONNECTION_STRING)(?:_(?:ID|FILE|PATH|BASE64|B64))?$/i

/** Whether a variable is called as one that opens something. Its value is not looked at: it may be none, and others may be one. */
export function soundsLikeCredential(name: string): boolean {
  return CREDENTIAL.test(name)
}
