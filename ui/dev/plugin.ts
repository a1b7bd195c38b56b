/** Puts the seeded view API in front of Vite's dev and preview servers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Plugin } from 'vite';
import { Fixture } from './fixture';

/** `THROUGHLINE_FIXTURE_NOW` (epoch ms) stops the clock, so that a screenshot is the same each time. */
export function fixtureApi({ isPreview }: { isPreview: boolean }): Plugin {
  const stopped = process.env['THROUGHLINE_FIXTURE_NOW'];
  const fixture = new Fixture(stopped === undefined ? Date.now() : Number(stopped));
  const answer = (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const url = new URL(request.url ?? '/', 'http://fixture');
    if (!url.pathname.startsWith('/api/')) return next();
    const tenant = String(request.headers['x-scope-orgid'] ?? 'default');
    const nowMs = stopped === undefined ? Date.now() : Number(stopped);
    let posted = '';
    request.on('data', (chunk) => {
      posted += String(chunk);
    });
    request.on('end', () => {
      const body = posted === '' ? null : JSON.parse(posted);
      const reply = fixture.reply(
        url.pathname,
        url.searchParams,
        tenant,
        nowMs,
        request.method,
        body,
      );
      response.writeHead(reply.status, { 'Content-Type': 'application/json', ...reply.headers });
      response.end(JSON.stringify(reply.body));
    });
  };
  return {
    name: 'fixture-api',
    ...(isPreview
      ? { configurePreviewServer: (server) => void server.middlewares.use(answer) }
      : { configureServer: (server) => void server.middlewares.use(answer) }),
  };
}
