// Lint and types in one: the rules ask the compiler for types, and what it has read and found out for them it need not do again.
// usage: node scripts/lint-types.mjs
import { ESLint } from 'eslint'
import ts from 'typescript'
import { join } from 'node:path'
import { packageRoot } from '../setup/places.mjs'

const CONFIG = join(packageRoot, 'tsconfig.json')

const host = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
    throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'))
  },
}
const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(CONFIG, {}, host)
const program = ts.createProgram({ rootNames: fileNames, options, configFileParsingDiagnostics: errors })
const lint = await lintWith(program)
const types = ts.getPreEmitDiagnostics(program)
if (types.length > 0) {
  console.log(
    ts.formatDiagnostics(types, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => packageRoot,
      getNewLine: () => '\n',
    }),
  )
}
process.exitCode = lint && types.length === 0 ? 0 : 1

/** True where no rule has anything to say, be it a warning. */
async function lintWith(program) {
  const eslint = new ESLint({
    cwd: packageRoot,
    overrideConfig: {
      files: ['**/*.ts'],
      languageOptions: { parserOptions: { projectService: false, programs: [program] } },
    },
  })
  const results = await eslint.lintFiles(['.'])
  const { format } = await eslint.loadFormatter('stylish')
  const said = await format(results)
  if (said !== '') console.log(said)
  return results.every(({ errorCount, warningCount }) => errorCount + warningCount === 0)
}
