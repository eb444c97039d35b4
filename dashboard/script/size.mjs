/** How much a browser loads before the first page is shown, compressed; status 1 if that is too much. */
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const MAX_BYTES = 300 * 1024;

const dist = new URL('../dist/', import.meta.url);
const page = await readFile(new URL('index.html', dist), 'utf8');
// The page names what it needs at once: its script, what that imports statically, and styles.
const named = Array.from(page.matchAll(/(?:src|href)="\/([^"]+)"/g), ([, path]) => path);
const files = ['index.html', ...named];
let bytes = 0;
for (const file of files)
  bytes += gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length;

const kib = (number) => `${(number / 1024).toFixed(1)} KiB`;
const told = `first load: ${kib(bytes)} in ${files.length} files; at most ${kib(MAX_BYTES)}`;
process.stdout.write(`${told}\n`);
if (bytes > MAX_BYTES) process.exit(1);
