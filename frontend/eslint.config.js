// What the page's sources must hold, the walls between its rooms before all: each room knows what is shared and the
// rooms that stand below it here, never another's insides. The views put the rooms together, and no room imports a
// view. (That no file imports itself in a circle, knip sees.)
import { readdirSync } from 'node:fs'
import js from '@eslint/js'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import { importX } from 'eslint-plugin-import-x'
import svelte from 'eslint-plugin-svelte'
import { defineConfig } from 'eslint/config'
import ts from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

const may = {
  shared: [],
  charts: ['shared'],
  logs: ['shared'],
  drives: ['shared'],
  workspace: ['shared', 'drives'],
  profiles: ['shared', 'workspace'],
  notices: ['shared', 'workspace'],
  jobs: ['shared', 'charts', 'logs', 'workspace'],
  views: ['shared', 'charts', 'logs', 'drives', 'workspace', 'profiles', 'notices', 'jobs'],
}

for (const { name } of readdirSync(new URL('src', import.meta.url), { withFileTypes: true }).filter((e) =>
  e.isDirectory(),
))
  if (!(name in may)) throw new Error(`src/${name}: a new room says here what it may import`)

const zones = Object.entries(may)
  .filter(([room]) => room !== 'views')
  .map(([room, others]) => ({
    target: `./src/${room}`,
    from: Object.keys(may)
      .filter((other) => other !== room && !others.includes(other))
      .map((other) => `./src/${other}`),
    message: `${room} may import ${others.join(', ') || 'nothing of the other rooms'}`,
  }))

export default defineConfig(
  { ignores: ['dist/', 'node_modules/'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  {
    plugins: { 'import-x': importX },
    languageOptions: { parserOptions: { parser: ts.parser } },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver()],
      'import-x/extensions': ['.ts', '.svelte'],
    },
    rules: {
      'no-undef': 'off', // TypeScript knows the names
      'max-len': ['error', { code: 120, ignoreUrls: false }], // prettier leaves long texts and comments as they are
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'svelte/no-at-html-tags': 'error',
      // At the edge of an element or a block Svelte drops a space that is not written {' '}.
      'svelte/no-useless-mustaches': 'off',
      // What is state here is replaced as a whole and never changed in place; a built-in Map or Set beside it is only
      // the means to find what it becomes. The one mistake to be made is state that is one.
      'svelte/prefer-svelte-reactivity': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.name="$state"] > NewExpression[callee.name=/^(Map|Set|Date|URL|URLSearchParams)$/]',
          message: 'Svelte does not see how it changes: $state.raw and a new one each time, or SvelteMap …',
        },
      ],
      'import-x/no-restricted-paths': ['error', { zones }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  { files: ['test/**'], rules: { 'import-x/no-restricted-paths': 'off' } },
)
