// Builds the pane into the folder given, doing only what changed since last time:
// `npm ci` when package-lock.json did, `vite build` when a source did. Called by Maven; `--force` builds anyway.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const force = args.includes('--force');
const outDir = resolve(
  args.find((a) => !a.startsWith('--')) ?? join(here, 'target', 'classes', 'ui'),
);

/** Every file under `path`, sorted, so that a hash does not depend on the file system's order. */
function filesUnder(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

function hashOf(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesUnder(join(here, path)))) {
    hash.update(relative(here, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function run(command, commandArgs, env = {}) {
  const result = spawnSync(command, commandArgs, {
    cwd: here,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  if (result.error) {
    console.error(
      `could not start ${command}: ${result.error.message}; Node 20 or newer with npm is needed`,
    );
    process.exit(1);
  }
  if (result.status !== 0) process.exit(result.status ?? 1);
}

const lockHash = hashOf(['package-lock.json', 'package.json', '.npmrc']);
const lockStamp = join(here, 'node_modules', '.throughline-lock');
if (readStamp(lockStamp) !== lockHash) {
  run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund']);
  writeFileSync(lockStamp, lockHash);
}

// Only what the browser gets: a change in tests or in the fixture server needs no build.
const sources = ['index.html', 'vite.config.ts', 'tsconfig.json', 'src', 'public'];
const sourceHash = `${lockHash}-${hashOf(sources)}`;
const sourceStamp = `${outDir}.stamp`;
if (!force && existsSync(join(outDir, 'index.html')) && readStamp(sourceStamp) === sourceHash) {
  console.log(`ui: up to date in ${outDir}`);
} else {
  mkdirSync(outDir, { recursive: true });
  const vite = join(here, 'node_modules', 'vite', 'bin', 'vite.js');
  // Said here, because a test that has this built says `test`: libraries would come with all that helps to find mistakes.
  run(process.execPath, [vite, 'build', '--outDir', outDir, '--emptyOutDir'], {
    NODE_ENV: 'production',
  });
  writeFileSync(sourceStamp, sourceHash);
}
