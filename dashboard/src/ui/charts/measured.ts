import { type Accessor, createSignal, onCleanup } from 'solid-js';

export interface Measured {
  /** To be given to the element. */
  ref: (element: Element) => void;
  width: Accessor<number>;
  height: Accessor<number>;
}

/** An element's size as it is now, in CSS pixels. Until it is known, it is `width` by `height`. */
export function measured(width: number, height: number): Measured {
  const [size, setSize] = createSignal({ width, height });
  const ref = (element: Element) => {
    if (typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(([entry]) => {
      const box = entry?.contentRect;
      if (box && box.width > 0 && box.height > 0) setSize({ width: box.width, height: box.height });
    });
    observer.observe(element);
    onCleanup(() => observer.disconnect());
  };
  return { ref, width: () => size().width, height: () => size().height };
}
