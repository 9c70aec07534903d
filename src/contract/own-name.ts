import { OWN_NAME } from './names.js'

/** Letters of other scripts, and digits, that look like those of our name. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...{ ԁ: 'd', ժ: 'd', l: '1', i: '1', '|': '1', ӏ: '1', і: '1', ι: '1', ı: '1', г: 'r', ʀ: 'r' },
  ...{ υ: 'u', ս: 'u', ʋ: 'u', ᴜ: 'u', ո: 'n', п: 'n', η: 'n', ɴ: 'n', в: 'b', ь: 'b', β: 'b', ʙ: 'b' },
  ...{ '0': 'o', о: 'o', ο: 'o', օ: 'o', σ: 'o', ᴏ: 'o', к: 'k', κ: 'k', ᴋ: 'k' },
}

/** A name as an eye takes it in: without what is not seen, capitals, accents, spaces and dashes, and each letter as the one that it looks like. */
function seen(name: string): string {
  const letters = name.normalize('NFKD').toLowerCase().normalize('NFKD')
  return [...letters]
    .map((letter) => LOOKALIKES[letter] ?? letter)
    .filter((letter) => /[\p{L}\p{N}]/u.test(letter))
    .join('')
}

const OWN = seen(OWN_NAME)

/** Whether somebody signs as the tool itself, or so that it looks like it: what we note of ourselves must be told from what people say. */
export function isOwnName(name: string): boolean {
  return seen(name) === OWN
}

export const OWN_NAME_REFUSED = `"${OWN_NAME}" is the name of the tool itself, and nobody acts in it`

/** The name of whoever said something, for people; nobody proved it where it is marked. */
export function saidIn({ actor, unsigned }: { actor: string; unsigned?: true | undefined }): string {
  return unsigned === true ? `${actor} (unsigned)` : actor
}
