import { defineConfig } from 'vitest/config';

// The dashboard in a browser, against a real server: `npm run e2e`. What people look at or measure with is in
// `by-hand`.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/*.e2e.ts'],
    // Each file has a server and a browser of its own: one after the other is enough for a small machine.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 90_000,
  },
});
