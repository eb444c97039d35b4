import { createUniqueId, type JSX, type ParentProps, Show } from 'solid-js';
import { useSession } from '../../state/session';
import { shortTime } from '../time';
import './charts.css';

/** A panel with a title. `stale` says in a word why its numbers are not those of now, if so. */
export function Card(
  props: ParentProps<{
    title: string;
    /** Its place in the grid. */
    area: string;
    stale?: string | undefined;
    /** What stands at the end of the title's line. */
    aside?: JSX.Element;
  }>,
) {
  const id = createUniqueId();
  return (
    <section
      class={`panel card area-${props.area}`}
      aria-labelledby={id}
      data-stale={props.stale !== undefined}
    >
      <header>
        <h2 id={id}>{props.title}</h2>
        <Show when={props.stale}>{(word) => <span class="stale-word">{word()}</span>}</Show>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** Why what the server pushes is not what is now, in a word; nothing while it is. */
export function useStale(): () => string | undefined {
  const { live } = useSession();
  return () => {
    if (live.state() === 'live') return undefined;
    if (live.state() === 'connecting') return 'not live yet';
    return `stale: as of ${shortTime(new Date(live.since()).toISOString())}`;
  };
}
