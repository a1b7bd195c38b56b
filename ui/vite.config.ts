import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const backend = process.env['THROUGHLINE_URL'];

export default defineConfig(async ({ command, isPreview }) => ({
  plugins: [
    svelte(),
    // Without a backend to talk to, `npm run dev` and `npm run preview` answer from seeded data.
    ...(command === 'serve' && backend === undefined
      ? [(await import('./dev/plugin')).fixtureApi({ isPreview: isPreview === true })]
      : []),
  ],
  build: {
    outDir: 'target/classes/ui',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The PromQL editor, loaded by Explore alone.
    chunkSizeWarningLimit: 500,
  },
  server: {
    host: '127.0.0.1',
    ...(backend === undefined
      ? {}
      : { proxy: { '/api': { target: backend, changeOrigin: true } } }),
  },
  preview: { host: '127.0.0.1' },
  test: { include: ['src/**/*.test.ts', 'dev/**/*.test.ts'], environment: 'node' },
}));
