import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import solid from 'vite-plugin-solid';
import { defineConfig, type Plugin } from 'vitest/config';

/** Writes each file that shrinks by it compressed too, so that the server never has to. */
function gzipped(): Plugin {
  return {
    name: 'gzipped',
    apply: 'build',
    async closeBundle() {
      for (const name of await readdir('dist', { recursive: true })) {
        if (!/\.(js|css|svg|html)$/.test(name)) continue;
        const content = await readFile(join('dist', name));
        const smaller = gzipSync(content, { level: 9 });
        if (smaller.length < content.length) await writeFile(join('dist', `${name}.gz`), smaller);
      }
    },
  };
}

/** The server that `npm run dev` stands in front of. */
const SERVER = process.env.NETSENTINEL_SERVER ?? 'https://localhost:8443';
// The server answers its own pages only, and knows them by this.
const behind = { target: SERVER, secure: false, changeOrigin: true, headers: { origin: SERVER } };

// What the server's policy allows is scripts, styles, images and connections of its own: so nothing is
// inlined, and nothing is fetched from elsewhere.
export default defineConfig({
  plugins: [solid(), gzipped()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    proxy: { '/api': behind, '/ws': { ...behind, ws: true } },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
