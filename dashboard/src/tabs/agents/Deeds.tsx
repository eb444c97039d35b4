import { For } from 'solid-js';
import * as api from '../../api/client';
import type { AgentView } from '../../api/types';
import { Confirm } from '../../ui/Confirm';
import { clip } from '../../ui/text';
import { nameOf } from './order';

/** What an administrator can do with an agent. */
export type Deed = 'revoke' | 'restore' | 'forget';

const WORDS: Record<Deed, { deed: string; says: readonly string[] }> = {
  revoke: {
    deed: 'Revoke its key',
    says: [
      'The server takes nothing from this agent any more: neither alerts nor heartbeats.',
      'On its machine it goes on watching and keeps its alerts in its spool, as far as they fit. If you restore it, they are sent.',
      'Its alerts of until now stay.',
    ],
  },
  restore: {
    deed: 'Restore its key',
    says: ['The server takes its alerts and heartbeats again, those in its spool too.'],
  },
  forget: {
    deed: 'Forget it',
    says: [
      'The agent leaves this list; its alerts stay.',
      'If it still runs, and has the shared key, it enrols again by itself. To keep it out, revoke it instead.',
    ],
  },
};

/** Says what `deed` does, and does it. `done` is given the agent as it is then, if it still is. */
export function DeedSheet(props: {
  deed: Deed;
  agent: AgentView;
  done: (agent: AgentView | undefined) => void;
  close: () => void;
}) {
  const work = async () => {
    const { id } = props.agent;
    if (props.deed === 'forget') {
      await api.forgetAgent(id);
      props.done(undefined);
    } else {
      props.done(await api.setRevoked(id, props.deed === 'revoke'));
    }
  };
  const words = () => WORDS[props.deed];
  return (
    <Confirm
      title={`${words().deed}?`}
      deed={words().deed}
      danger={props.deed !== 'restore'}
      work={work}
      close={props.close}
    >
      <p>
        Agent <strong class="wire">{clip(nameOf(props.agent), 80)}</strong>{' '}
        <span class="wire mono muted">{props.agent.id}</span>
      </p>
      <For each={words().says}>{(sentence) => <p>{sentence}</p>}</For>
    </Confirm>
  );
}
