import { ak101 } from './ak101.js'
import { bc101 } from './bc101.js'
import { bc102 } from './bc102.js'
import { bc103 } from './bc103.js'
import { bc104 } from './bc104.js'
import { cd101 } from './cd101.js'
import { cd102 } from './cd102.js'
import { ch101 } from './ch101.js'
import { ch102 } from './ch102.js'
import { ct101 } from './ct101.js'
import { ct102 } from './ct102.js'
import { ct103 } from './ct103.js'
import { d1l101 } from './d1l101.js'
import { d1l102 } from './d1l102.js'
import { d1l103 } from './d1l103.js'
import { d1l104 } from './d1l104.js'
import { d1l105 } from './d1l105.js'
import { dl101 } from './dl101.js'
import { dl102 } from './dl102.js'
import { dl103 } from './dl103.js'
import { dl104 } from './dl104.js'
import { dq101 } from './dq101.js'
import { ds102 } from './ds102.js'
import { ds103 } from './ds103.js'
import { fk101 } from './fk101.js'
import { fk102 } from './fk102.js'
import { fk103 } from './fk103.js'
import { ft101 } from './ft101.js'
import { ft102 } from './ft102.js'
import { ix101 } from './ix101.js'
import { ix102 } from './ix102.js'
import { lg101 } from './lg101.js'
import { mf101 } from './mf101.js'
import { mf102 } from './mf102.js'
import { mf103 } from './mf103.js'
import { mf104 } from './mf104.js'
import { nx101 } from './nx101.js'
import { qc101 } from './qc101.js'
import { qc102 } from './qc102.js'
import { qc103 } from './qc103.js'
import { rh101 } from './rh101.js'
import { rh102 } from './rh102.js'
import { sd101 } from './sd101.js'
import { sq101 } from './sq101.js'
import { sq102 } from './sq102.js'
import { sq103 } from './sq103.js'
import { sq104 } from './sq104.js'
import { sq105 } from './sq105.js'
import { sq106 } from './sq106.js'
import { sq107 } from './sq107.js'
import { sq108 } from './sq108.js'
import { sq109 } from './sq109.js'
import { sy101 } from './sy101.js'
import { tr101 } from './tr101.js'
import { tr102 } from './tr102.js'
import { tx101 } from './tx101.js'
import { tx102 } from './tx102.js'
import type { Rule } from './rule.js'

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
  bc103,
  bc104,
  cd101,
  cd102,
  dl101,
  dl102,
  dl103,
  ch101,
  ch102,
  dl104,
  fk101,
  fk102,
  fk103,
  ft101,
  ft102,
  ix101,
  ix102,
  tr101,
  tr102,
  dq101,
  ct101,
  ct102,
  ct103,
  nx101,
  lg101,
  tx101,
  tx102,
  d1l101,
  d1l102,
  d1l103,
  d1l104,
  d1l105,
  sq101,
  sq102,
  sq103,
  sq104,
  sq105,
  sq106,
  sq107,
  sq108,
  sq109,
  sd101,
  sy101,
  rh101,
  rh102,
  ak101,
  qc101,
  qc102,
  qc103,
]
