import { createUniqueId, onCleanup, onMount, type ParentProps } from 'solid-js';

/**
 * A dialog over everything else, for as long as it is there. Escape, the button and a click beside it
 * call `close`. The browser keeps the focus within, and gives it back afterwards.
 */
export function Sheet(props: ParentProps<{ title: string; close: () => void }>) {
  let dialog: HTMLDialogElement | undefined;
  const title = createUniqueId();
  const before = document.activeElement;
  onMount(() => dialog?.showModal?.());
  onCleanup(() => {
    dialog?.close?.();
    // What opened it may be gone by what was done in it.
    const back = before?.isConnected ? before : document.getElementById('content');
    if (back instanceof HTMLElement) back.focus();
  });
  // Its own padding is the dialog too, and a text that is selected may end beside it: so only what
  // is pressed and let go outside of its box counts.
  let pressed = false;
  const outside = (event: MouseEvent) => {
    if (!dialog || event.target !== dialog) return false;
    const box = dialog.getBoundingClientRect();
    const { clientX: x, clientY: y } = event;
    return x < box.left || x > box.right || y < box.top || y > box.bottom;
  };
  const beside = (event: MouseEvent) => {
    if (pressed && outside(event)) props.close();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the key, and the browser's own
    <dialog
      class="sheet"
      ref={dialog}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        props.close();
      }}
      onPointerDown={(event) => {
        pressed = outside(event);
      }}
      onClick={beside}
    >
      {/* Not a header: that would be a landmark within one, in dialogs of the top bar. */}
      <div class="sheet-head">
        <h2 id={title}>{props.title}</h2>
        <button type="button" class="button" onClick={() => props.close()}>
          Close
        </button>
      </div>
      {props.children}
    </dialog>
  );
}
