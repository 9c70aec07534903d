import { grouped } from '../contract/number.js'
/** `1 error`, `2,000 errors`. */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
}
