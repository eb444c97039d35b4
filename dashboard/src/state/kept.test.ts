import { createRoot, createSignal } from 'solid-js';
import { describe, expect, it } from 'vitest';
import { type Kept, kept } from './kept';

interface Item {
  id: string;
  text: string;
}

function keeping(first: Item[] | undefined) {
  const [list, setList] = createSignal(first);
  let items!: Kept<Item>;
  createRoot(() => {
    items = kept(list, 'id');
  });
  return { items, setList };
}

const item = (id: string, text = id): Item => ({ id, text });

describe('kept', () => {
  it('is nothing before the first list', () => {
    expect(keeping(undefined).items.list()).toBeUndefined();
  });

  it('keeps items the same objects while their fields change', () => {
    const { items, setList } = keeping([item('a'), item('b')]);
    const [a, b] = items.list() ?? [];
    setList([item('b', 'new'), item('a')]);
    expect(items.list()?.[0]).toBe(b);
    expect(items.list()?.[1]).toBe(a);
    expect(b?.text).toBe('new');
  });

  it('does not change the lists that it was given', () => {
    const given = [item('a')];
    const { items, setList } = keeping(given);
    setList([item('a', 'new')]);
    items.put(item('a', 'newer'));
    expect(given).toEqual([item('a')]);
    expect(items.list()?.[0]?.text).toBe('newer');
  });

  it('drops an item until the next list has it', () => {
    const { items, setList } = keeping([item('a'), item('b')]);
    items.drop(item('a'));
    expect(items.list()?.map(({ id }) => id)).toEqual(['b']);
    setList([item('a'), item('b')]);
    expect(items.list()?.length).toBe(2);
  });
});
