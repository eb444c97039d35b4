import { createSignal, onCleanup, Show } from 'solid-js';
import * as api from '../../api/client';
import type { Role } from '../../api/types';
import { Copy } from '../../ui/Copy';
import { Sheet } from '../../ui/Sheet';
import { Form } from './Form';
import { NAME, RoleField, TextField } from './fields';

const DAYS = '90';
const DAYS_MAX = 3650;

/** Makes a token, and shows it for as long as the sheet is open: nobody ever can again. */
export function NewToken(props: { made: () => void; close: () => void }) {
  const [name, setName] = createSignal('');
  const [role, setRole] = createSignal<Role>('viewer');
  const [days, setDays] = createSignal(DAYS);
  const [secret, setSecret] = createSignal<string>();
  onCleanup(() => setSecret(undefined));
  const work = async () => {
    const fresh = await api.createToken(name(), role(), days() === '' ? null : Number(days()));
    setSecret(fresh.secret);
  };
  return (
    <Sheet title="New token" close={props.close}>
      <Show
        when={secret()}
        fallback={
          <Form deed="Make the token" work={work} done={props.made}>
            <TextField name="Name, what it is for" value={name()} set={setName} {...NAME} />
            <RoleField value={role()} set={setRole} />
            <TextField
              name="Days that it is valid; empty for no end"
              type="number"
              min={1}
              max={DAYS_MAX}
              optional
              value={days()}
              set={setDays}
            />
          </Form>
        }
      >
        {(shown) => (
          <div class="stack">
            <p class="notice" data-tone="bad" role="alert">
              Copy it now: it is not kept, and never shown again.
            </p>
            <code class="secret wire mono">{shown()}</code>
            <p class="muted">
              Scripts send it as <code class="mono">Authorization: Bearer …</code>. Who has it may
              do what {role()}s may.
            </p>
            <div class="row">
              <Copy text={shown()} what="the token" />
              <button type="button" class="button primary" onClick={() => props.close()}>
                I have it
              </button>
            </div>
          </div>
        )}
      </Show>
    </Sheet>
  );
}
