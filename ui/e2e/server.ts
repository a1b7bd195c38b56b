/**
 * The server the browser tests look at: `throughline up --demo` on a free port with a data folder of its
 * own, or a running one: `THROUGHLINE_URL` (and `THROUGHLINE_DATA` for its knobs).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { chromiumPath, until } from './browser';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The pane's address without a slash at its end. */
    base: string;
    /** The server's data folder, where the demo's control door lies. */
    data: string;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  if (chromiumPath === null) {
    project.provide('base', '');
    project.provide('data', '');
    return;
  }
  const running = process.env['THROUGHLINE_URL'];
  if (running !== undefined) {
    project.provide('base', running.replace(/\/$/, ''));
    project.provide('data', process.env['THROUGHLINE_DATA'] ?? '../data');
    return;
  }
  const data = mkdtempSync(join(tmpdir(), 'throughline-e2e-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const server = spawn(
    '../throughline',
    [
      ...['up', '--demo', '--data', data, '--listen', `127.0.0.1:${port}`],
      ...['--otlp-grpc', 'off', '--otlp-http', 'off'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // Whatever ends the tests ends the server: no run leaves one behind.
  const orphan = () => server.kill('SIGKILL');
  process.once('exit', orphan);
  let said = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + String(chunk)).slice(-8000);
    });
  }
  const stop = async () => {
    await ended(server);
    process.removeListener('exit', orphan);
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await until('the demo shop is open', async () => {
      if (server.exitCode !== null) throw new Stopped(`the server ended (${server.exitCode})`);
      return said.includes('the demo shop is open') && (await fetch(`${base}/-/ready`)).ok;
    });
  } catch (error) {
    await stop();
    throw new Error(`${error instanceof Error ? error.message : error}; it said:\n${said}`);
  }
  project.provide('base', base);
  project.provide('data', data);
  return stop;
}

/** Not to be waited through. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  const late = setTimeout(() => server.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(late);
}
