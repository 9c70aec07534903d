/** In a text a command is a value, `command('plan')`: only who shows it knows how it is quoted, and what it must say again. */
const VERBS = [
  'help|demo|doctor|charter|init|validate|status|plan|backup|lock|create|create-rollback|adopt-run|adopt|start|approve|reject|rollback|abort',
  'supersede|pause|resume|report-issue|observe|show|watch|monitor|report|list|calendar|dev|worker|mcp|github|serve|enroll|slack|codec-server',
].join('|')
const COMMAND = new RegExp(`\\bd1-runbook (${VERBS})(?![\\w-])`)

/** What no rule of a linter knows: loaded by `.oxlintrc.json`. */
export default {
  meta: { name: 'house' },
  rules: {
    'no-command-in-text': {
      create: (context) => {
        const look = (node, text) => {
          if (typeof text === 'string' && COMMAND.test(text))
            context.report({
              node,
              message:
                "Write words`… ${command('plan')}` (src/contract/next-command.ts): text is not searched for commands.",
            })
        }
        return {
          Literal: (node) => look(node, node.value),
          TemplateElement: (node) => look(node, node.value.raw),
        }
      },
    },
    'no-default-export': {
      create: (context) => ({
        ExportDefaultDeclaration: (node) =>
          context.report({
            node,
            message: 'Name what you export: a name survives a rename, a default export does not.',
          }),
      }),
    },
  },
}
