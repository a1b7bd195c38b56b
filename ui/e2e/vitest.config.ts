import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    environment: 'node',
    globalSetup: ['e2e/server.ts'],
    // One server and one machine: files one after the other, in the order of their names.
    fileParallelism: false,
    testTimeout: 90_000,
    // A clone that was never built is built first.
    hookTimeout: 600_000,
  },
});
