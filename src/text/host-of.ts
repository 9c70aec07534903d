/**
 * Host and port that a program which fetches this address would ask, as WHATWG's URL reads it; the whole text where it is no address with a
 * host. A name and password before it are left out. For workflows, whose sandbox has no URL. https://url.spec.whatwg.org/#url-parsing
 */
export function hostOf(url: string): string {
  // Line breaks and tabs are dropped wherever they stand, and a backslash ends a host as a slash does: whoever reads it otherwise shows a
  // host that nobody asks. What is before the last @ is a name and a password.
  const read = url.replaceAll(/[\t\n\r]/g, '')
  return /^[a-z][a-z\d+.-]*:[/\\]{2}(?:[^/\\?#]*@)?([^/\\?#]+)/i.exec(read)?.[1] ?? url
}
