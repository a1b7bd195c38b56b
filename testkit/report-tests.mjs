// Counts what ran, judges the skips, prints the closing line. A skip that docs/tests.md does not list fails.
// Reads surefire's and failsafe's XML, and the JSON of the dashboard's unit and browser tests.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [root, seconds] = process.argv.slice(2);
const tests = [];

for (const module of readdirSync(root, { withFileTypes: true })) {
  if (!module.isDirectory()) continue;
  for (const folder of ['surefire-reports', 'failsafe-reports']) {
    const reports = join(root, module.name, 'target', folder);
    if (!existsSync(reports)) continue;
    for (const file of readdirSync(reports)) {
      if (file.startsWith('TEST-') && file.endsWith('.xml')) readXml(readFileSync(join(reports, file), 'utf8'));
    }
  }
}
for (const kind of ['unit', 'e2e']) {
  const file = join(root, 'ui', 'target', `${kind}.json`);
  if (existsSync(file)) readVitest(JSON.parse(readFileSync(file, 'utf8')), `ui-${kind}`);
}

const permitted = [...readFileSync(join(root, 'docs', 'tests.md'), 'utf8').matchAll(/^\| `([^`]+)` \|/gm)].map((m) => m[1]);
const skipped = tests.filter((t) => t.outcome === 'skipped');
const failed = tests.filter((t) => t.outcome === 'failed');
const forbidden = skipped.filter((t) => !permitted.some((p) => `${t.suite}.${t.name}`.includes(p)));

for (const t of skipped) console.log(`skipped: ${t.suite}.${t.name}: ${t.reason || 'no reason given'}`);
for (const t of forbidden) console.log(`NOT PERMITTED (docs/tests.md does not list it): ${t.suite}.${t.name}`);
for (const t of failed) console.log(`FAILED: ${t.suite}.${t.name}`);
console.log(`took ${seconds} s`);
console.log(`${tests.length - skipped.length - failed.length} passed, ${failed.length} failed, ${skipped.length} skipped`);
process.exit(failed.length || forbidden.length || tests.length === 0 ? 1 : 0);

function readXml(xml) {
  for (const match of xml.matchAll(/<testcase ([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const body = match[3] ?? '';
    const outcome = /<(failure|error)[ >]/.test(body) ? 'failed' : /<skipped/.test(body) ? 'skipped' : 'passed';
    tests.push({
      suite: attribute(match[1], 'classname'),
      name: attribute(match[1], 'name'),
      outcome,
      reason: attribute((/<skipped[^>]*/.exec(body) ?? [''])[0], 'message') || (/TestAbortedException: (?:Assumption failed: )?([^\n]*)/.exec(body) ?? [])[1],
    });
  }
}

function readVitest(report, kind) {
  for (const file of report.testResults ?? []) {
    for (const t of file.assertionResults ?? []) {
      const outcome = t.status === 'passed' ? 'passed' : t.status === 'failed' ? 'failed' : 'skipped';
      tests.push({ suite: kind, name: t.fullName ?? t.title, outcome, reason: t.meta?.reason ?? '' });
    }
  }
}

function attribute(text, name) {
  const found = new RegExp(`${name}="([^"]*)"`).exec(text);
  return found ? found[1].replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&') : '';
}
