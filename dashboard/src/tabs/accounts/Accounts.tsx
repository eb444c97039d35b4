import { Show } from 'solid-js';
import { useSession } from '../../state/session';
import { Empty } from '../../ui/states';
import { Audit } from './Audit';
import { Tokens } from './Tokens';
import { Users } from './Users';
import './accounts.css';

/** Who may do what, and who did. For administrators; others may come here by a shared address. */
export default function Accounts() {
  const session = useSession();
  return (
    <Show
      when={session.may('admin')}
      fallback={<Empty title="For administrators">Your role does not let you see accounts.</Empty>}
    >
      <div class="accounts">
        <Users />
        <Tokens />
        <Audit />
      </div>
    </Show>
  );
}
