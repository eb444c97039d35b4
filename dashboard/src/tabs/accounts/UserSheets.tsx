import { createSignal } from 'solid-js';
import * as api from '../../api/client';
import type { Role, UserView } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { Sheet } from '../../ui/Sheet';
import { Form } from './Form';
import { NAME, RoleField, TextField } from './fields';
import { PasswordField } from './PasswordField';

/** Asks for a new user. */
export function AddUser(props: { done: () => void; close: () => void }) {
  const [name, setName] = createSignal('');
  const [role, setRole] = createSignal<Role>('viewer');
  const [password, setPassword] = createSignal('');
  return (
    <Sheet title="Add a user" close={props.close}>
      <Form
        deed="Add the user"
        work={() => api.addUser(name(), role(), password())}
        done={props.done}
        forget={() => setPassword('')}
      >
        <TextField name="Name" value={name()} set={setName} {...NAME} />
        <RoleField value={role()} set={setRole} />
        <PasswordField value={password()} set={setPassword} />
      </Form>
    </Sheet>
  );
}

/** Gives a user another password. */
export function ResetPassword(props: { user: UserView; own: boolean; close: () => void }) {
  const [password, setPassword] = createSignal('');
  return (
    <Sheet title="Reset password" close={props.close}>
      <Form
        deed="Set the password"
        work={() => api.setPassword(props.user.name, password())}
        done={props.close}
        forget={() => setPassword('')}
      >
        <p>
          For <strong class="wire">{props.user.name}</strong>.{' '}
          {props.own
            ? 'That is you: all your sessions end, this one too, and you sign in anew.'
            : 'All their sessions end; tell them the password in a safe way.'}
        </p>
        <PasswordField value={password()} set={setPassword} />
      </Form>
    </Sheet>
  );
}

/** Asks before a user is removed. */
export function RemoveUser(props: {
  user: UserView;
  own: boolean;
  done: () => void;
  close: () => void;
}) {
  return (
    <Confirm
      title="Remove the user?"
      deed="Remove the user"
      danger
      work={async () => {
        await api.removeUser(props.user.name);
        props.done();
      }}
      close={props.close}
    >
      <p>
        <strong class="wire">{props.user.name}</strong> can no longer sign in: their sessions end,
        and the tokens that they made no longer count. What they wrote stays.
      </p>
      {props.own ? <p class="notice">That is you: you will be signed out.</p> : undefined}
    </Confirm>
  );
}
