import { createSignal, For, Match, Show, Switch } from 'solid-js';
import * as api from '../../api/client';
import type { UserView } from '../../api/types';
import { ask } from '../../state/ask';
import { kept } from '../../state/kept';
import { useSession } from '../../state/session';
import { Failed, Loading } from '../../ui/states';
import { Time } from '../../ui/Time';
import { AddUser, RemoveUser, ResetPassword } from './UserSheets';

type Sheet = { is: 'add' } | { is: 'password' | 'remove'; user: UserView };

/** Who may sign in. */
export function Users() {
  const session = useSession();
  const asked = ask(() => true, api.users);
  const users = kept(asked.value, 'name');
  const [sheet, setSheet] = createSignal<Sheet>();
  const close = () => setSheet(undefined);
  const own = (user: UserView) => user.name === session.me().name;
  const on = (is: 'password' | 'remove') => {
    const open = sheet();
    return open?.is === is ? open.user : undefined;
  };
  return (
    <section class="panel" aria-labelledby="users">
      <header>
        <h2 id="users">Users</h2>
        <button type="button" class="button" onClick={() => setSheet({ is: 'add' })}>
          Add a user
        </button>
      </header>
      <Show when={asked.error()}>{(error) => <Failed error={error()} retry={asked.again} />}</Show>
      <Show when={users.list()} fallback={asked.error() ? undefined : <Loading what="the users" />}>
        {(list) => (
          <ul class="entries">
            <For each={list()}>
              {(user) => <Line user={user} own={own(user)} open={(is) => setSheet({ is, user })} />}
            </For>
          </ul>
        )}
      </Show>
      <Switch>
        <Match when={sheet()?.is === 'add'}>
          <AddUser
            done={() => {
              close();
              asked.again();
            }}
            close={close}
          />
        </Match>
        <Match when={on('password')}>
          {(user) => <ResetPassword user={user()} own={own(user())} close={close} />}
        </Match>
        <Match when={on('remove')}>
          {(user) => (
            <RemoveUser user={user()} own={own(user())} done={asked.again} close={close} />
          )}
        </Match>
      </Switch>
    </section>
  );
}

function Line(props: {
  user: UserView;
  own: boolean;
  open: (sheet: 'password' | 'remove') => void;
}) {
  const whom = () => <span class="visually-hidden">of {props.user.name}</span>;
  return (
    <li>
      <div class="what">
        <strong class="wire">{props.user.name}</strong>
        {props.own ? ' (you)' : ''} <span class="role">{props.user.role}</span>
        <div class="muted">
          Since <Time at={props.user.created} />
        </div>
      </div>
      <div class="row">
        <button type="button" class="button" onClick={() => props.open('password')}>
          Reset password {whom()}
        </button>
        <button type="button" class="button danger" onClick={() => props.open('remove')}>
          Remove <span class="visually-hidden">{props.user.name}</span>
        </button>
      </div>
    </li>
  );
}
