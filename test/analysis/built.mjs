// In a process of a test: what is asked of `src` comes from `dist`, where nothing is left to translate.
import { registerHooks } from 'node:module'

const SOURCES = new URL('../../src/', import.meta.url).href
const BUILT = new URL('../../dist/src/', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.startsWith(SOURCES) ? BUILT + specifier.slice(SOURCES.length) : specifier, context),
})
