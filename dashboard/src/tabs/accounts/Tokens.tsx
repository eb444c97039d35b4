import { createSignal, For, Show } from 'solid-js';
import * as api from '../../api/client';
import type { Token } from '../../api/types';
import { ask } from '../../state/ask';
import { kept } from '../../state/kept';
import { Confirm } from '../../ui/Confirm';
import { Empty, Failed, Loading } from '../../ui/states';
import { now, Time } from '../../ui/Time';
import { NewToken } from './NewToken';

/** What scripts show instead of a password. */
export function Tokens() {
  const asked = ask(() => true, api.tokens);
  const tokens = kept(asked.value, 'id');
  const [making, setMaking] = createSignal(false);
  const [revoking, setRevoking] = createSignal<Token>();
  return (
    <section class="panel" aria-labelledby="tokens">
      <header>
        <h2 id="tokens">Tokens</h2>
        <button type="button" class="button" onClick={() => setMaking(true)}>
          New token
        </button>
      </header>
      <Show when={asked.error()}>{(error) => <Failed error={error()} retry={asked.again} />}</Show>
      <Show
        when={tokens.list()}
        fallback={asked.error() ? undefined : <Loading what="the tokens" />}
      >
        {(list) => (
          <Show
            when={list().length > 0}
            fallback={<Empty title="No tokens">Scripts need one to ask the server.</Empty>}
          >
            <ul class="entries">
              <For each={list()}>
                {(token) => <Line token={token} revoke={() => setRevoking(token)} />}
              </For>
            </ul>
          </Show>
        )}
      </Show>
      <Show when={making()}>
        <NewToken made={asked.again} close={() => setMaking(false)} />
      </Show>
      <Show when={revoking()} keyed>
        {(token) => (
          <Confirm
            title="Revoke the token?"
            deed="Revoke the token"
            danger
            work={async () => {
              await api.revokeToken(token.id);
              tokens.drop(token);
              asked.again();
            }}
            close={() => setRevoking(undefined)}
          >
            <p>
              Scripts that show <strong class="wire">{token.name}</strong> are refused from now on.
              It can not be given back: make another one.
            </p>
          </Confirm>
        )}
      </Show>
    </section>
  );
}

function Line(props: { token: Token; revoke: () => void }) {
  const over = () => props.token.expires !== null && Date.parse(props.token.expires) <= now();
  return (
    <li>
      <div class="what">
        <strong class="wire">{props.token.name}</strong>{' '}
        <span class="role">{props.token.role}</span>
        <div class="muted">
          By <span class="wire">{props.token.author}</span>, <Time at={props.token.created} ago />
          {'; '}
          <Show when={props.token.last_used} fallback="never used">
            {(used) => (
              <>
                used <Time at={used()} ago />
              </>
            )}
          </Show>
          {'; '}
          <Show when={props.token.expires} fallback="no end">
            {(expires) => (
              <>
                <Show when={over()} fallback="until ">
                  <strong class="tone-high">■ expired </strong>
                </Show>
                <Time at={expires()} />
              </>
            )}
          </Show>
        </div>
      </div>
      <button type="button" class="button danger" onClick={() => props.revoke()}>
        Revoke <span class="visually-hidden">{props.token.name}</span>
      </button>
    </li>
  );
}
