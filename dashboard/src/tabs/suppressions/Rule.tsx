import { For, Show } from 'solid-js';
import { clip } from '../../ui/text';
import type { Piece } from './words';

/** What a suppression matches, in words. */
export function Rule(props: { pieces: readonly Piece[] }) {
  return (
    <For each={props.pieces}>
      {(piece, index) => (
        <>
          {index() > 0 ? ' ' : ''}
          {piece.word}
          <Show when={piece.value}>
            {(value) => (
              <>
                {piece.word ? ' ' : ''}
                <strong class="wire" title={value()}>
                  {clip(value(), 120)}
                </strong>
              </>
            )}
          </Show>
        </>
      )}
    </For>
  );
}
