/** The built pane over seeded replies: every state can be had at will, and two runs see the same numbers. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type PreviewServer, preview } from 'vite';

import { fixtureApi } from '../dev/plugin';

const built = 'target/classes/ui';

/** Builds what changed since the last build, then serves it; the caller closes it. */
export async function serveFixture(): Promise<{ base: string; server: PreviewServer }> {
  execFileSync(process.execPath, ['build.mjs'], { stdio: 'ignore' });
  const server = await preview({
    configFile: false,
    logLevel: 'silent',
    plugins: [fixtureApi({ isPreview: true })],
    build: { outDir: built },
    preview: { port: 0, host: '127.0.0.1' },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('the preview has no port');
  return { base: `http://127.0.0.1:${address.port}`, server };
}

/** What a browser loads before the first page is drawn, and the largest chunk it loads later, in gzipped bytes. */
export function scriptBytes(): { initial: number; later: Record<string, number> } {
  const html = readFileSync(join(built, 'index.html'), 'utf8');
  const initial = new Set(
    [...html.matchAll(/(?:src|href)="\/?(assets\/[^"]+\.js)"/g)].map((match) => match[1] ?? ''),
  );
  let sum = 0;
  const later: Record<string, number> = {};
  for (const name of readdirSync(join(built, 'assets')).filter((each) => each.endsWith('.js'))) {
    const size = gzipSync(readFileSync(join(built, 'assets', name))).length;
    if (initial.has(`assets/${name}`)) sum += size;
    else later[name.replace(/-.{8}\.js$/, '')] = size;
  }
  return { initial: sum, later };
}
