import { createSignal, onMount, Show } from 'solid-js';
import * as api from '../api/client';
import type { Me } from '../api/types';
import { doing } from '../state/ask';
import './sign-in.css';

/** The door. `ended` tells somebody who was in that their session is over. */
export function SignIn(props: { ended: boolean; signedIn: (me: Me) => void }) {
  const [user, setUser] = createSignal('');
  const [password, setPassword] = createSignal('');
  const entering = doing();
  let first: HTMLInputElement | undefined;
  onMount(() => first?.focus());
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    await entering.run(async () => props.signedIn(await api.signIn(user(), password())));
    setPassword('');
  };
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>
          <img src="/favicon.svg" alt="" width="28" height="28" /> NetSentinel
        </h1>
        <Show when={props.ended}>
          <p class="notice" role="status">
            Your session has ended. Sign in again; you will be back where you were.
          </p>
        </Show>
        <label class="field">
          <span>User</span>
          <input
            ref={first}
            class="input"
            name="user"
            autocomplete="username"
            required
            value={user()}
            onInput={(event) => setUser(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>Password</span>
          <input
            class="input"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            value={password()}
            onInput={(event) => setPassword(event.currentTarget.value)}
          />
        </label>
        <Show when={entering.problem()}>
          {(problem) => (
            <p class="notice" data-tone="bad" role="alert">
              {problem()}
            </p>
          )}
        </Show>
        <button type="submit" class="button primary" disabled={entering.busy()}>
          {entering.busy() ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  );
}
