import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const KEY = 'netsentinel.theme';

/** A storage as browsers have it, whatever the tests run in. */
function storage(kept: Record<string, string>) {
  return {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, value: string) => {
      kept[key] = value;
    },
  };
}

const fresh = () => import('./theme');

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

describe('theme', () => {
  it('is the one that was chosen last time', async () => {
    vi.stubGlobal('localStorage', storage({ [KEY]: 'light' }));
    const { startTheme } = await fresh();
    startTheme();
    expect(document.documentElement.dataset.theme).toBe('light');
  });

  it('is the system’s where nobody chose, or something unknown is kept', async () => {
    vi.stubGlobal('localStorage', storage({ [KEY]: '"><script>' }));
    const { theme } = await fresh();
    expect(theme()).toBe('system');
  });

  it('is kept and shown when it is chosen', async () => {
    const kept: Record<string, string> = {};
    vi.stubGlobal('localStorage', storage(kept));
    const { setTheme, theme } = await fresh();
    setTheme('contrast');
    expect([theme(), kept[KEY]]).toEqual(['contrast', 'contrast']);
    expect(document.documentElement.dataset.theme).toBe('contrast');
  });

  it('can be chosen where nothing can be kept', async () => {
    const refuse = () => {
      throw new DOMException('denied', 'SecurityError');
    };
    vi.stubGlobal('localStorage', { getItem: refuse, setItem: refuse });
    const { setTheme, theme } = await fresh();
    setTheme('dark');
    expect(theme()).toBe('dark');
  });
});
