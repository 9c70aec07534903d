/** Scripts whose words are written with joiners: Persian, Hindi, Sinhala and their like. https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters */
const JOINED_SCRIPTS = [
  ...['Arab', 'Syrc', 'Mong', 'Deva', 'Beng', 'Guru', 'Gujr', 'Orya', 'Taml', 'Telu', 'Knda', 'Mlym'],
  ...['Sinh', 'Khmr', 'Mymr', 'Tibt'],
]
  .map((script) => String.raw`\p{Script_Extensions=${script}}`)
  .join('')

/** What belongs to the sign before it: a joiner within an emoji or a word of such a script, the look of an emoji. */
const BELONGING = [
  String.raw`(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D(?=\p{Extended_Pictographic})`,
  String.raw`(?<=[${JOINED_SCRIPTS}])[\u200C\u200D](?=[${JOINED_SCRIPTS}])`,
  String.raw`(?<=\p{Emoji})[\uFE0E\uFE0F]`,
].join('|')

/**
 * One character that does not stand where it is, as the source of a regular expression with the flag `u`: controls, separators of lines and
 * paragraphs, and all that only formats or has no width, such as marks of direction and the tags in which a text can be hidden from people and be
 * read by a model.
 */
export const HIDDEN_CHARACTER = String.raw`(?!${BELONGING})[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]`
