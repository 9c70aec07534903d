import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { archivesOf } from '../../../src/d1/backup/backup.js'
import type { Archives } from '../../../src/d1/backup/archives.js'
import { openStore } from '../../../src/store/open-store.js'
import { LONGEST_HOLD_MS } from '../../../src/store/store.js'
import { temporaryFolder } from '../../temporary-folder.js'
import { localTarget } from '../local-target.js'

const [FIRST, SECOND] = ['local-20260308-020000-00000001', 'local-20260308-030800-00000002']
const ARCHIVE = 'backup-local-2026-03-08-020001.zip'
const OTHER = 'backup-local-2026-03-08-020002.zip'

interface Place {
  archives: Archives
  /** Where the notes lie, each at some depth. */
  folder: string
}

const PLACES: [string, () => Place][] = [
  [
    'beside the archives',
    () => {
      const target = localTarget()
      mkdirSync(target.backupDir)
      return { archives: archivesOf(target, undefined), folder: target.backupDir }
    },
  ],
  [
    'in the store of all workers',
    () => {
      const folder = temporaryFolder()
      const target = localTarget({ storage: { kind: 'folder', path: folder } })
      const store = openStore(target, { env: {}, variables: [], scratch: temporaryFolder() })
      return { archives: archivesOf(target, store), folder }
    },
  ],
]

async function runsThatHold({ archives, folder }: Place, name = ARCHIVE): Promise<string[]> {
  const holders = await (await archives.holders())(path.join(folder, name))
  return holders.map(({ run }) => run)
}

/** All notes of a run, as if it had left them `ms` ago. */
function age({ folder }: Place, run: string, ms: number): void {
  const at = new Date(Date.now() - ms)
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (name.includes(run) && /zip/.test(name)) utimesSync(path.join(folder, name), at, at)
}

describe.each(PLACES)('notes on archives that runs need, %s', (_where, make) => {
  it('are each of their own run: none takes the hold of another, or lets go of it', async () => {
    const place = make()
    const { archives } = place
    await archives.hold({ by: FIRST, files: [ARCHIVE, OTHER] })
    age(place, FIRST, 60_000)
    await archives.hold({ by: SECOND, files: [path.join('/elsewhere', ARCHIVE)] })
    expect(await runsThatHold(place)).toEqual([FIRST, SECOND])
    await archives.release(SECOND)
    expect(await runsThatHold(place)).toEqual([FIRST])
    expect(await runsThatHold(place, OTHER)).toEqual([FIRST])
  })

  it.each([
    ['the first', FIRST, [SECOND]],
    ['the second', SECOND, [FIRST]],
    ['one that holds nothing', 'local-20260308-040000-00000003', [FIRST, SECOND]],
    ['one whose key is the end of another', '00000001', [FIRST, SECOND]],
    ['one whose key leads elsewhere', '../..', [FIRST, SECOND]],
  ])('go with their run: %s', async (_which, run, left) => {
    const place = make()
    await place.archives.hold({ by: FIRST, files: [ARCHIVE] })
    age(place, FIRST, 60_000)
    await place.archives.hold({ by: SECOND, files: [ARCHIVE] })
    await place.archives.release(run)
    expect(await runsThatHold(place)).toEqual(left)
    await place.archives.release(FIRST)
    await place.archives.release(SECOND)
    expect(await runsThatHold(place)).toEqual([])
  })

  it('do not outlive a run that never ends, and one that still holds counts beside it', async () => {
    const place = make()
    await place.archives.hold({ by: FIRST, files: [ARCHIVE] })
    await place.archives.hold({ by: SECOND, files: [ARCHIVE] })
    age(place, FIRST, LONGEST_HOLD_MS)
    expect(await runsThatHold(place)).toEqual([SECOND])
    age(place, SECOND, LONGEST_HOLD_MS)
    expect(await runsThatHold(place)).toEqual([])
  })

  it('are of the run whatever its key holds, and of the archive alone', async () => {
    const place = make()
    const odd = 'a/b\\..:é-20260308-020000-00000001'
    await place.archives.hold({ by: odd, files: [ARCHIVE] })
    expect(await runsThatHold(place)).toEqual([odd])
    expect(await runsThatHold(place, OTHER)).toEqual([])
    await place.archives.release(odd)
    expect(await runsThatHold(place)).toEqual([])
  })
})

describe('the one note an archive of earlier versions', () => {
  const withOldNote = (text: string): Place => {
    const place = PLACES[0]?.[1]()
    if (place === undefined) throw new Error('no place')
    writeFileSync(path.join(place.folder, `${ARCHIVE}.held`), text)
    return place
  }
  const note = JSON.stringify({ run: FIRST, since: '2026-03-08T02:00:00.000Z' })

  it('holds until its run ends, whoever holds the archive too', async () => {
    const place = withOldNote(note)
    await place.archives.hold({ by: SECOND, files: [ARCHIVE] })
    await place.archives.release(SECOND)
    expect(await runsThatHold(place)).toEqual([FIRST])
    await place.archives.release(FIRST)
    expect(await runsThatHold(place)).toEqual([])
  })

  it.each(['', 'no JSON', 'null', '{"run":7}'])('holds for a run unknown where it says %j', async (text) => {
    const place = withOldNote(text)
    await place.archives.release(FIRST)
    expect(await runsThatHold(place)).toEqual(['unknown'])
  })
})
