import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'

// The page is one bundle of files beside index.html. test/page is the same page on fixtures, for looking at it; it is
// built only by `--mode fixtures`, to another place, and never shipped.
export default defineConfig(({ mode }) => ({
  root: mode === 'fixtures' ? 'test/page' : '.',
  plugins: [svelte({ configFile: fileURLToPath(new URL('svelte.config.js', import.meta.url)) }), svelteTesting()],
  build: {
    outDir: mode === 'fixtures' ? '../../node_modules/.fixtures' : 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { environment: 'jsdom', include: ['test/**/*.test.ts'], testTimeout: 120000 },
}))
