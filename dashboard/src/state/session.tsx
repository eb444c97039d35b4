/** Who is signed in, for all components. */
import { type Accessor, createContext, type ParentProps, useContext } from 'solid-js';
import { type Me, mayDo, type Role } from '../api/types';
import type { Live } from '../live/live';

export interface Session {
  me: Accessor<Me>;
  live: Live;
  /** Whether the one who is signed in may do what takes `role`. */
  may(role: Role): boolean;
  signOut(): Promise<void>;
}

const Context = createContext<Session>();

export function SessionProvider(
  props: ParentProps<{ me: Me; live: Live; signOut: () => Promise<void> }>,
) {
  const session: Session = {
    me: () => props.me,
    get live() {
      return props.live;
    },
    may: (role) => mayDo(props.me.role, role),
    signOut: () => props.signOut(),
  };
  return <Context.Provider value={session}>{props.children}</Context.Provider>;
}

/** The session. Only within {@link SessionProvider}. */
export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error('used outside of a session');
  return session;
}
