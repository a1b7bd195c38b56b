import { defineConfig } from 'vitest/config';
export default defineConfig({
  root: '/work/wt/ui/ui',
  test: {
    include: ['e2e/zz-measure.test.ts'],
    environment: 'node',
    provide: { base: '', data: '' },
    hookTimeout: 600000,
  },
});
