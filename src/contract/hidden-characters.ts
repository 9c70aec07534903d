/**
 * Characters that do not stand where they are: controls, separators of lines and paragraphs, marks of direction. Inside of a class of a
 * regular expression with the flag `u`.
 */
export const HIDDEN_CHARACTERS = String.raw`\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069`
