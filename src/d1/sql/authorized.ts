/** What workerd's SQLite gives its users, by name. Source: cloudflare/workerd src/workerd/util/sqlite.c++, and each run against workerd. */

/** PRAGMAs that it authorises, with a value too. */
const PRAGMAS = new Set(
  `foreign_keys defer_foreign_keys legacy_alter_table recursive_triggers ignore_check_constraints case_sensitive_like
   reverse_unordered_selects table_info table_xinfo table_list index_list index_info index_xinfo foreign_key_list foreign_key_check
   quick_check optimize`.split(/\s+/),
)
/** Only without a value. */
const READ_ONLY_PRAGMAS = new Set(['page_size', 'data_version'])

/** @param name in lower case; @param argument the PRAGMA is given a value */
export function isAuthorizedPragma(name: string, argument: boolean): boolean {
  return PRAGMAS.has(name) || (READ_ONLY_PRAGMAS.has(name) && !argument)
}

/** Functions of SQLite that it has and keeps from its users, and those that it does not have. In lower case. */
export const REFUSED_FUNCTIONS: ReadonlySet<string> = new Set(
  `sqlite_version sqlite_source_id sqlite_compileoption_get sqlite_compileoption_used sqlite_log subtype fts5_source_id fts5_locale
   fts5_get_locale fts5_insttoken ceiling log10 power if json_error_position json_pretty rtreedepth rtreenode unistr unistr_quote`.split(
    /\s+/,
  ),
)
const ABSENT_FUNCTIONS =
  /^(?:soundex|sqlite_offset|fts3_tokenizer|geopoly_\w+|matchinfo|offsets|optimize|median|percentile\w*|edit|readfile|writefile)$/

export function isAbsentFunction(name: string): boolean {
  return ABSENT_FUNCTIONS.test(name)
}

/** Modules of virtual tables that it authorises, in lower case. */
export const MODULES: ReadonlySet<string> = new Set(['fts5', 'fts5vocab', 'rtree', 'rtree_i32'])
