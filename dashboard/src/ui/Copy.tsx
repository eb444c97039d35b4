import { createSignal, onCleanup } from 'solid-js';

/** How long the button says that it was done. */
const SAID_MS = 3_000;

/** Puts `text` on the clipboard. `what` names it for those who do not see what is beside the button. */
export function Copy(props: { text: string; what: string }) {
  const [said, setSaid] = createSignal<'copied' | 'failed'>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  const copy = async () => {
    clearTimeout(timer);
    try {
      await navigator.clipboard.writeText(props.text);
      setSaid('copied');
    } catch {
      setSaid('failed');
    }
    timer = setTimeout(() => setSaid(undefined), SAID_MS);
  };
  return (
    <button type="button" class="button" onClick={() => void copy()}>
      <span aria-live="polite">
        {said() === 'copied' ? 'Copied' : said() === 'failed' ? 'Select it and copy' : 'Copy'}
      </span>{' '}
      <span class="visually-hidden">{props.what}</span>
    </button>
  );
}
