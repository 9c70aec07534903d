import { ak101 } from './rules/ak101.js'
import { bc101 } from './rules/bc101.js'
import { bc102 } from './rules/bc102.js'
import { cd101 } from './rules/cd101.js'
import { ch101 } from './rules/ch101.js'
import { ct101 } from './rules/ct101.js'
import { d1l101 } from './rules/d1l101.js'
import { d1l102 } from './rules/d1l102.js'
import { d1l103 } from './rules/d1l103.js'
import { d1l104 } from './rules/d1l104.js'
import { dl101 } from './rules/dl101.js'
import { dl102 } from './rules/dl102.js'
import { dl103 } from './rules/dl103.js'
import { dl104 } from './rules/dl104.js'
import { dq101 } from './rules/dq101.js'
import { ds102 } from './rules/ds102.js'
import { ds103 } from './rules/ds103.js'
import { fk101 } from './rules/fk101.js'
import { fk102 } from './rules/fk102.js'
import { fk103 } from './rules/fk103.js'
import { ix101 } from './rules/ix101.js'
import { lg101 } from './rules/lg101.js'
import { mf101 } from './rules/mf101.js'
import { mf102 } from './rules/mf102.js'
import { mf103 } from './rules/mf103.js'
import { mf104 } from './rules/mf104.js'
import { nx101 } from './rules/nx101.js'
import { qc101 } from './rules/qc101.js'
import { qc102 } from './rules/qc102.js'
import { rh101 } from './rules/rh101.js'
import { rh102 } from './rules/rh102.js'
import { sd101 } from './rules/sd101.js'
import { sq101 } from './rules/sq101.js'
import { sq102 } from './rules/sq102.js'
import { sq103 } from './rules/sq103.js'
import { sq104 } from './rules/sq104.js'
import { sq105 } from './rules/sq105.js'
import { sq106 } from './rules/sq106.js'
import { sq107 } from './rules/sq107.js'
import { sq108 } from './rules/sq108.js'
import { sy101 } from './rules/sy101.js'
import { tr101 } from './rules/tr101.js'
import { tx101 } from './rules/tx101.js'
import { tx102 } from './rules/tx102.js'
import type { Rule } from './rules/rule.js'

/** Every code, in the order in which findings of one statement are shown. Adding one is adding one entry. */
export const RULES: readonly Rule[] = [
  ds102,
  ds103,
  mf101,
  mf102,
  mf103,
  mf104,
  bc101,
  bc102,
  cd101,
  dl101,
  dl102,
  dl103,
  ch101,
  dl104,
  fk101,
  fk102,
  fk103,
  ix101,
  tr101,
  dq101,
  ct101,
  nx101,
  lg101,
  tx101,
  tx102,
  d1l101,
  d1l102,
  d1l103,
  d1l104,
  sq101,
  sq102,
  sq103,
  sq104,
  sq105,
  sq106,
  sq107,
  sq108,
  sd101,
  sy101,
  rh101,
  rh102,
  ak101,
  qc101,
  qc102,
]
