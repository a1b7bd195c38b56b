import { preview } from 'vite';
import { test } from 'vitest';
import { fixtureApi } from '../dev/plugin';

test('serve', async () => {
  await preview({
    configFile: false,
    logLevel: 'silent',
    plugins: [fixtureApi({ isPreview: true })],
    build: { outDir: 'target/classes/ui' },
    preview: { port: 7801, host: '127.0.0.1' },
  });
  await new Promise(() => {});
}, 1e8);
