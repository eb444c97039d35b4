import { defineConfig } from 'vitest/config';

// Run by people, one at a time: `npm run screenshots`, `npm run latency`.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/by-hand/{latency,screenshots}.ts'],
    hookTimeout: 90_000,
  },
});
