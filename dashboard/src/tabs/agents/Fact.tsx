import type { ParentProps } from 'solid-js';

/** One thing about an agent. `bad` marks what somebody has to look after, by more than colour; `two` takes the room of two. */
export function Fact(
  props: ParentProps<{ name: string; title?: string; bad?: boolean; two?: boolean }>,
) {
  return (
    <div class="fact" classList={{ bad: props.bad === true, two: props.two === true }}>
      <dt title={props.title}>{props.name}</dt>
      <dd>
        {props.bad ? <span aria-hidden="true">▲ </span> : undefined}
        {props.children}
      </dd>
    </div>
  );
}
