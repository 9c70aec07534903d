import {
  RULES_ADDED,
  RULES_KEPT,
  TRIGGERS_ALIKE,
  TRIGGERS_OTHERWISE,
  UNIQUE_ALIKE,
  UNIQUE_OTHERWISE,
} from './added-rules.js'
import { CAST_ALIKE, CUT } from './casts.js'
import { COMPUTED_ALIKE, COMPUTED_OTHERWISE } from './computed-columns.js'
import { CONDENSED, ROW_BY_ROW, TURNED } from './condensed.js'
import { EXCHANGED, IN_PLACE } from './columns-exchanged.js'
import { CLEARED_DUPLICATES, LOST_DUPLICATES } from './deduplicated.js'
import { DUPLICATES_GONE, DUPLICATES_STAY } from './duplicates.js'
import { PIECES_KEPT, PIECES_LEFT_OUT, PIECES_LOST } from './pieces-elsewhere.js'
import { EVERYDAY, EVERYDAY_LOSSES } from './everyday.js'
import { ALONE_KEPT, ALONE_LOST, BLANKED, NOT_BLANKED } from './half-said.js'
import { MERGED, ONE_FORM, REMADE, TOLD_APART } from './merged-values.js'
import { KEY_PARTS, KEY_PARTS_LOST } from './key-parts.js'
import { MIXED, TOLD_BY_A_WORD } from './mixed-places.js'
import { EQUAL_WITHIN, NUMBERED_WITHIN } from './numbered-within.js'
import { HOW_MANY } from './how-many.js'
import { TAKES_NONE, TAKES_SOME } from './idle-statements.js'
import { KEYS_NOT_TAKEN, KEYS_TAKEN } from './keys-reused.js'
import { BY_NO_KEY, BY_THE_KEY } from './lost-through.js'
import { DOUBLED, NOT_DOUBLED, ONCE, REPEATED } from './rows-repeated.js'
import { STORED_ALIKE, STORED_OTHERWISE } from './stored-types.js'
import { CLEARED_KEPT, CLEARED_LOST } from './values-cleared.js'
import { CHOSEN_HELD, CHOSEN_NOT_HELD, IS_FOLLOWED, NOT_FOLLOWED } from './search-followed.js'
import { NO_OTHER_WORDS, OTHER_WORDS } from './other-words.js'
import { LINKED, NOT_LINKED } from './linked-tables.js'
import { FOLDED_INTO_OWNER, NOT_IN_OWNER } from './owners.js'
import { NONE_OF_THEM_LOST, THESE_ALONE_LOST } from './one-owner.js'
import { PARTLY_HELD, WHOLLY_HELD } from './partly-held.js'
import { NUMBERS_STAY, RENUMBERED } from './row-numbers.js'
import { REKEYED, REKEYED_LOST } from './rekeyed.js'
import { COPY_NOT_REACHED, COPY_REACHED } from './self-references.js'
import { SPLIT_KEPT, SPLIT_LOST } from './split-tables.js'
import { SET_BY_NO_TRIGGER, SET_BY_TRIGGERS } from './set-by-triggers.js'
import { SHIFTED_APART, SHIFTED_ONTO } from './shifted-values.js'
import {
  MERGED_IN_PLACE,
  NOT_MERGED_IN_PLACE,
  NOT_SUMMED,
  ONE_FOR_EACH,
  ONE_TOO_MANY,
  SUMMED,
} from './keys-merged.js'
import { MANY_LOOKED_UP, NUMBERS_GIVEN_AGAIN, NUMBERS_WRITTEN_AGAIN } from './rows-put-in.js'
import { KEPT_IN_KEYS, LOST_IN_KEYS } from './values-in-keys.js'
import { TEXTS_CUT, TEXTS_SHORTER } from './cut-texts.js'
import type { Scenario } from './scenario.js'

/** What migrations do to rows, values and rules, by kind: harmful ones, and beside them those that look alike. Each is a test case. */
export const KINDS: Record<string, Scenario[]> = {
  'rules that a rebuild adds, views that show other rows': RULES_ADDED,
  'rules and views that are as they were': RULES_KEPT,
  'unique indexes that refuse other rows': UNIQUE_OTHERWISE,
  'unique indexes that refuse the same rows': UNIQUE_ALIKE,
  'triggers that do something else': TRIGGERS_OTHERWISE,
  'triggers that do the same': TRIGGERS_ALIKE,
  'columns that hold the values of others': EXCHANGED,
  'columns that keep their values': IN_PLACE,
  'values cleared and lost': CLEARED_LOST,
  'values cleared and held elsewhere': CLEARED_KEPT,
  'labels and pieces that do not give a value back': PIECES_LOST,
  'labels and pieces that give a value back': PIECES_KEPT,
  'labels and pieces that give back some of the values': PIECES_LEFT_OUT,
  'rows that a new table repeats': REPEATED,
  'rows that a new table holds once': ONCE,
  'rows that a table repeats of its own': DOUBLED,
  'rows copied within a table that say something else': NOT_DOUBLED,
  'columns that are computed otherwise': COMPUTED_OTHERWISE,
  'columns that are computed and hold what they held': COMPUTED_ALIKE,
  'duplicates that go': DUPLICATES_GONE,
  'no duplicates': DUPLICATES_STAY,
  'rows that no foreign key took': BY_NO_KEY,
  'rows that a foreign key took': BY_THE_KEY,
  'everyday changes': EVERYDAY,
  'everyday changes that lose': EVERYDAY_LOSSES,
  'values stored as another type': STORED_OTHERWISE,
  'values stored as they were': STORED_ALIKE,
  'rows under other keys of which some go': REKEYED_LOST,
  'rows under other keys': REKEYED,
  'rows whose key another one takes': KEYS_TAKEN,
  'keys that change hands': KEYS_NOT_TAKEN,
  'rows that go, and others that are written out with their numbers': NUMBERS_GIVEN_AGAIN,
  'rows that are written out again': NUMBERS_WRITTEN_AGAIN,
  'many rows whose new keys a table says': MANY_LOOKED_UP,
  'rows that become one, which holds their sum': SUMMED,
  'rows that become one, and something of them is nowhere': NOT_SUMMED,
  'rows that are put together where they are': MERGED_IN_PLACE,
  'rows put together where they are, and something of them is nowhere': NOT_MERGED_IN_PLACE,
  'copies that make a row for each of something': ONE_FOR_EACH,
  'copies that make rows which nothing tells apart': ONE_TOO_MANY,
  'statements that take no row, beside a new key': TAKES_NONE,
  'statements that take some rows, beside a new key': TAKES_SOME,
  'parts of a key': KEY_PARTS,
  'parts of a key whose values are lost': KEY_PARTS_LOST,
  'columns that a new key or a path gives back': KEPT_IN_KEYS,
  'columns that a new key or a path does not give back': LOST_IN_KEYS,
  'values and rows of which a few are not given back': PARTLY_HELD,
  'values and rows that are given back': WHOLLY_HELD,
  'duplicates that are cleared away': CLEARED_DUPLICATES,
  'duplicates that something is lost with': LOST_DUPLICATES,
  'empty texts that become NULL beside NULLs': BLANKED,
  'empty texts that stay apart from NULLs': NOT_BLANKED,
  'values lost beside others that come back': ALONE_LOST,
  'values that come back by a link or a calculation': ALONE_KEPT,
  'tables made of several rows at a time': CONDENSED,
  'tables copied row by row under another name': ROW_BY_ROW,
  'rows that become columns': TURNED,
  'different values that are equal now': MERGED,
  'values or rows of several in one place': MIXED,
  'values or rows of several in one place, each with its word': TOLD_BY_A_WORD,
  'values that are written in one form': ONE_FORM,
  'values that stay different': TOLD_APART,
  'values shifted onto those of other rows': SHIFTED_ONTO,
  'values shifted and still told apart': SHIFTED_APART,
  'rows numbered anew within their group': NUMBERED_WITHIN,
  'values of one group that are equal now': EQUAL_WITHIN,
  'how many rows change': HOW_MANY,
  'columns that a trigger sets beside': SET_BY_TRIGGERS,
  'triggers that set nothing else': SET_BY_NO_TRIGGER,
  'rows that refer to the old table by its name': COPY_REACHED,
  'rows that refer to each other': COPY_NOT_REACHED,
  'columns that are made again under their names': REMADE,
  'texts of which only the beginning is left': TEXTS_CUT,
  'texts that are shorter and lose nothing': TEXTS_SHORTER,
  'values that a CAST cuts': CUT,
  'values that a CAST leaves': CAST_ALIKE,
  'a full-text table has its rows under other numbers': RENUMBERED,
  'rows of a full-text table keep their numbers': NUMBERS_STAY,
  'tables that become words and links to them': LINKED,
  'words and links that do not give a table back': NOT_LINKED,
  'values that other words stand for': OTHER_WORDS,
  'values for which no word stands': NO_OTHER_WORDS,
  'writes that a search index does not follow': NOT_FOLLOWED,
  'writes that a search index follows': IS_FOLLOWED,
  'search indexes of rows that triggers choose': CHOSEN_HELD,
  'search indexes that lack rows which their triggers choose': CHOSEN_NOT_HELD,
  'tables split by what their rows say': SPLIT_KEPT,
  'tables split, and some of it in no part': SPLIT_LOST,
  'rows that become columns of their owner': FOLDED_INTO_OWNER,
  'rows of an owner that its columns do not give back': NOT_IN_OWNER,
  'values of which some alone do not come back': THESE_ALONE_LOST,
  'values beside those of others that all come back': NONE_OF_THEM_LOST,
}
