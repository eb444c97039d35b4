/** How many alerts came while nobody looked at the feed: on its tab, and in the window's title. */
import { useLocation } from '@solidjs/router';
import {
  type Accessor,
  createContext,
  createEffect,
  createSignal,
  onCleanup,
  type ParentProps,
  useContext,
} from 'solid-js';
import { useSession } from './session';

interface Unseen {
  unseen: Accessor<number>;
}

const Context = createContext<Unseen>({ unseen: () => 0 });

export function UnseenProvider(props: ParentProps) {
  const { live } = useSession();
  const location = useLocation();
  const [unseen, setUnseen] = createSignal(0);
  const looking = () => location.pathname === '/feed' && !document.hidden;

  onCleanup(
    live.listen({
      batch: ({ fresh }) => {
        if (!looking()) setUnseen((before) => before + fresh.size);
      },
      reset: () => undefined,
    }),
  );
  createEffect(() => {
    if (location.pathname === '/feed') setUnseen(0);
  });
  const back = () => {
    if (looking()) setUnseen(0);
  };
  document.addEventListener('visibilitychange', back);
  onCleanup(() => document.removeEventListener('visibilitychange', back));
  createEffect(() => {
    const waiting = unseen();
    document.title =
      waiting > 0 ? `(${waiting > 999 ? '999+' : waiting}) NetSentinel` : 'NetSentinel';
  });
  onCleanup(() => {
    document.title = 'NetSentinel';
  });

  return <Context.Provider value={{ unseen }}>{props.children}</Context.Provider>;
}

export const useUnseen = (): Unseen => useContext(Context);
