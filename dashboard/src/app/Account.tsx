import { createSignal, For, Show } from 'solid-js';
import * as api from '../api/client';
import { doing } from '../state/ask';
import { useSession } from '../state/session';
import { setTheme, THEMES, type Theme, theme } from '../state/theme';
import { Sheet } from '../ui/Sheet';

const NAMES: Record<Theme, string> = {
  system: 'As the system',
  dark: 'Dark',
  light: 'Light',
  contrast: 'High contrast',
};

/** Who is signed in, how it looks, the password, and the way out. */
export function Account() {
  const session = useSession();
  const [open, setOpen] = createSignal(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        <span class="visually-hidden">Account of </span>
        <span class="wire">{session.me().name}</span>
      </button>
      <Show when={open()}>
        <Sheet title="Account" close={() => setOpen(false)}>
          <div class="stack">
            <p>
              Signed in as <strong class="wire">{session.me().name}</strong> ({session.me().role}).
            </p>
            <label class="field">
              <span>Look</span>
              <select
                class="input"
                value={theme()}
                onChange={(event) => setTheme(event.currentTarget.value as Theme)}
              >
                <For each={THEMES}>{(name) => <option value={name}>{NAMES[name]}</option>}</For>
              </select>
            </label>
            <button type="button" class="button" onClick={() => void session.signOut()}>
              Sign out
            </button>
            <Password />
          </div>
        </Sheet>
      </Show>
    </>
  );
}

function Password() {
  const [current, setCurrent] = createSignal('');
  const [fresh, setFresh] = createSignal('');
  const [done, setDone] = createSignal(false);
  const changing = doing();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setDone(await changing.run(() => api.changePassword(current(), fresh())));
    setCurrent('');
    setFresh('');
  };
  return (
    <form onSubmit={submit} class="stack">
      <h3>Change password</h3>
      <label class="field">
        <span>Current password</span>
        <input
          class="input"
          type="password"
          autocomplete="current-password"
          required
          value={current()}
          onInput={(event) => setCurrent(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>New password, at least 12 characters</span>
        <input
          class="input"
          type="password"
          autocomplete="new-password"
          minlength="12"
          required
          value={fresh()}
          onInput={(event) => setFresh(event.currentTarget.value)}
        />
      </label>
      <Show when={changing.problem()}>
        {(problem) => (
          <p class="notice" data-tone="bad" role="alert">
            {problem()}
          </p>
        )}
      </Show>
      <Show when={done()}>
        <p class="notice" data-tone="good" role="status">
          Changed. Your other sessions have ended.
        </p>
      </Show>
      <button type="submit" class="button" disabled={changing.busy()}>
        Change the password
      </button>
    </form>
  );
}
