import { createEffect, createSignal, on, onCleanup, onMount } from 'solid-js';

/** Wait after a letter before the server is asked. */
export const TYPING_MS = 300;

/** The search field; `/` leads to it from everywhere on the page. */
export function Search(props: { text: string; search: (text: string) => void }) {
  let field: HTMLInputElement | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const [text, setText] = createSignal(props.text);
  /** What was searched last by typing: seeing it come back must not undo letters typed since. */
  let sent = props.text;

  createEffect(
    on(
      () => props.text,
      (from) => {
        if (from === sent) return;
        clearTimeout(timer);
        sent = from;
        setText(from);
      },
      { defer: true },
    ),
  );
  const send = () => {
    clearTimeout(timer);
    sent = text();
    if (sent !== props.text) props.search(sent);
  };
  const typed = (value: string) => {
    setText(value);
    clearTimeout(timer);
    timer = setTimeout(send, TYPING_MS);
  };
  const slash = (event: KeyboardEvent) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest('input, textarea, select, dialog'))
      return;
    event.preventDefault();
    field?.focus();
    field?.select();
  };
  onMount(() => document.addEventListener('keydown', slash));
  onCleanup(() => {
    document.removeEventListener('keydown', slash);
    clearTimeout(timer);
  });

  return (
    <input
      ref={field}
      class="input feed-search"
      type="search"
      aria-label="Search in category, message, source and agent"
      aria-keyshortcuts="/"
      placeholder="Search…  ( / )"
      maxlength="200"
      autocomplete="off"
      spellcheck={false}
      value={text()}
      onInput={(event) => typed(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') send();
      }}
    />
  );
}
