import { defineConfig } from 'vitest/config';
export default defineConfig({
  test: {
    include: ['e2e/4-*.test.ts'],
    environment: 'node',
    provide: { base: 'http://127.0.0.1:7800', data: '' },
    hookTimeout: 600000,
    testTimeout: 200000,
  },
});
