/** How the dashboard looks: as the system wishes, unless somebody chose. */
import { createSignal } from 'solid-js';

export const THEMES = ['system', 'dark', 'light', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

const KEY = 'netsentinel.theme';

function kept(): Theme {
  try {
    const theme = localStorage.getItem(KEY) as Theme | null;
    return theme && THEMES.includes(theme) ? theme : 'system';
  } catch {
    return 'system';
  }
}

const [theme, setSignal] = createSignal<Theme>(kept());

export { theme };

/** Shows `next` from now on, also after the next visit. */
export function setTheme(next: Theme): void {
  setSignal(next);
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Not kept then; it is shown all the same.
  }
}

/** To be called once, before anything is shown. */
export function startTheme(): void {
  document.documentElement.dataset.theme = theme();
}
