import { useLocation } from '@solidjs/router';
import { createSignal, For, Show } from 'solid-js';
import * as api from '../api/client';
import { parseFilter, toQuery } from '../state/filter';
import { Sheet } from '../ui/Sheet';

const FORMATS = [
  ['ndjson', 'NDJSON', 'one alert a line, everything in it'],
  ['json', 'JSON', 'one list'],
  ['csv', 'CSV', 'for spreadsheets; formulas in attackers’ text are made harmless'],
] as const;

/** Alerts as a file: those that the feed's filter lets through when the feed is open, else all. */
export function Export() {
  const [open, setOpen] = createSignal(false);
  const location = useLocation();
  const filtered = () => location.pathname === '/feed' && location.search !== '';
  const query = () => (filtered() ? toQuery(parseFilter(location.search)) : {});
  const begin = () => {
    setOpen(true);
    // A download can not lead to the door when the session is over; this does.
    api.me().catch(() => undefined);
  };
  return (
    <>
      <button type="button" class="button" onClick={begin}>
        Export
      </button>
      <Show when={open()}>
        <Sheet title="Export alerts" close={() => setOpen(false)}>
          <p>
            {filtered()
              ? 'All alerts that the filter of the feed lets through.'
              : 'All alerts that are neither archived nor suppressed.'}
          </p>
          <ul class="export">
            <For each={FORMATS}>
              {([format, name, what]) => (
                <li>
                  <a class="button" href={api.exportUrl(query(), format)} download="">
                    {name}
                  </a>
                  <span class="muted">{what}</span>
                </li>
              )}
            </For>
          </ul>
        </Sheet>
      </Show>
    </>
  );
}
