import type { Condition } from './order';

/** A shape beside the word, so that neither colour nor reading is needed to tell them apart. */
const MARKS: Record<Condition, readonly [string, string]> = {
  online: ['●', 'Online'],
  offline: ['▲', 'Offline'],
  replayed: ['◇', 'Replay, over'],
  revoked: ['✕', 'Revoked'],
};

/** Whether an agent is there, as a badge. */
export function Mark(props: { of: Condition }) {
  return (
    <span class="mark" data-condition={props.of}>
      <span aria-hidden="true">{MARKS[props.of][0]}</span>
      {MARKS[props.of][1]}
    </span>
  );
}
