import { createSignal, Match, onCleanup, onMount, Switch } from 'solid-js';
import * as api from '../api/client';
import { Problem } from '../api/problem';
import type { Me } from '../api/types';
import { follow, type Live } from '../live/live';
import { SessionProvider } from '../state/session';
import { Failed, Loading } from '../ui/states';
import { Pages } from './Pages';
import { SignIn } from './SignIn';

/** Who is there: nobody knows yet, nobody, or somebody with the live feed that was opened for them. */
type Door =
  | { at: 'asking' }
  | { at: 'unreachable'; error: unknown }
  | { at: 'outside'; ended: boolean }
  | { at: 'inside'; me: Me; live: Live };

/** Everything: the door, and what is behind it. */
export function App() {
  const [door, setDoor] = createSignal<Door>({ at: 'asking' });

  const leave = (ended: boolean) => {
    const was = door();
    // What was asked before may be refused only now: the door need not be shown anew.
    if (was.at === 'outside') return;
    if (was.at === 'inside') was.live.stop();
    setDoor({ at: 'outside', ended: ended && was.at === 'inside' });
  };
  const enter = (me: Me) => setDoor({ at: 'inside', me, live: follow(() => leave(true)) });
  /** The form had the focus and is gone: what it led to has it, else keys begin anywhere. */
  const signedIn = (me: Me) => {
    enter(me);
    document.getElementById('content')?.focus();
  };
  const look = async () => {
    setDoor({ at: 'asking' });
    try {
      enter(await api.me());
    } catch (error) {
      if (error instanceof Problem && error.isSignedOut) leave(false);
      else setDoor({ at: 'unreachable', error });
    }
  };
  const signOut = async () => {
    await api.signOut().catch(() => undefined);
    leave(false);
  };

  api.onSignedOut(() => leave(true));
  onMount(look);
  onCleanup(() => {
    api.onSignedOut(() => undefined);
    leave(false);
  });

  const at = <A extends Door['at']>(place: A) => {
    const here = door();
    return here.at === place ? (here as Extract<Door, { at: A }>) : undefined;
  };
  return (
    <Switch
      fallback={
        <main class="sign-in">
          <Loading what="NetSentinel" />
        </main>
      }
    >
      <Match when={at('unreachable')}>
        {(here) => (
          <main class="sign-in">
            <Failed error={here().error} retry={look} />
          </main>
        )}
      </Match>
      <Match when={at('outside')}>
        {(here) => <SignIn ended={here().ended} signedIn={signedIn} />}
      </Match>
      <Match when={at('inside')} keyed>
        {(here) => (
          <SessionProvider me={here.me} live={here.live} signOut={signOut}>
            <Pages />
          </SessionProvider>
        )}
      </Match>
    </Switch>
  );
}
