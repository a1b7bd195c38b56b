import { defineConfig } from 'vitest/config';
export default defineConfig({
  test: {
    include: ['e2e/2-*.test.ts'],
    environment: 'node',
    provide: { base: '', data: '' },
    hookTimeout: 600000,
    testTimeout: 200000,
  },
});
