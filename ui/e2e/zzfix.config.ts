import { defineConfig } from 'vitest/config';
export default defineConfig({ test: { include: ['e2e/zz-fix.ts'], environment: 'node' } });
