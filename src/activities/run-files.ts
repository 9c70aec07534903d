import { putContent, readContent } from '../store/text-object.js'
import { pathBelow } from '../process/below.js'
import { readIfThere, replaceFile } from './files.js'
import { runFolder, type ActivityContext } from './worker-place.js'

/** Keeps what a run wrote for people, whole or not at all, and says where it is: in the store of all workers, else in the run's folder. */
export async function keepDocument(
  here: ActivityContext,
  { runKey, name }: { runKey: string; name: string },
  content: string,
  mode?: number,
): Promise<string> {
  if (here.store !== undefined)
    return putContent(here.store, { run: runKey, kind: 'document', name }, content)
  const file = pathBelow(runFolder(here, runKey), name)
  await replaceFile(file, content, mode)
  return file
}

/** The text of a document; undefined where there is none. */
export async function readDocument(
  here: ActivityContext,
  { runKey, name }: { runKey: string; name: string },
): Promise<string | undefined> {
  if (here.store === undefined) return readIfThere(pathBelow(runFolder(here, runKey), name))
  return (await readContent(here.store, { run: runKey, kind: 'document', name }))?.toString('utf8')
}
