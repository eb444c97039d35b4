import { createRoot, createSignal } from 'solid-js';
import { describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import { type Asked, ask, doing } from './ask';

/** Promises that a test settles, in the order in which they were made. */
function waiting<T>() {
  const made: { resolve: (value: T) => void; reject: (error: unknown) => void }[] = [];
  const make = () => new Promise<T>((resolve, reject) => made.push({ resolve, reject }));
  return { made, make };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('ask', () => {
  function asking<S>(first: S | undefined) {
    const answers = waiting<string>();
    const fetch = vi.fn((_: S) => answers.make());
    const [source, setSource] = createSignal<S | undefined>(first);
    let asked!: Asked<string>;
    const end = createRoot((dispose) => {
      asked = ask(source, fetch);
      return dispose;
    });
    return { ...answers, fetch, setSource, asked, end };
  }

  it('does not ask while there is nothing to ask for', () => {
    const { fetch, setSource, asked } = asking<string>(undefined);
    expect(fetch).not.toHaveBeenCalled();
    setSource('a');
    expect(fetch).toHaveBeenCalledWith('a');
    expect(asked.loading()).toBe(true);
  });

  it('keeps what is known while it asks anew', async () => {
    const { made, asked, setSource } = asking('a');
    made[0]?.resolve('first');
    await settled();
    expect([asked.value(), asked.loading()]).toEqual(['first', false]);
    setSource('b');
    expect([asked.value(), asked.loading()]).toEqual(['first', true]);
    made[1]?.resolve('second');
    await settled();
    expect(asked.value()).toBe('second');
  });

  it('lets the latest asked count, whatever comes last', async () => {
    const { made, asked, setSource } = asking('a');
    setSource('b');
    made[1]?.resolve('of b');
    await settled();
    made[0]?.resolve('of a');
    await settled();
    expect(asked.value()).toBe('of b');
  });

  it('tells why it failed, and forgets that when it is asked again', async () => {
    const { made, asked } = asking('a');
    made[0]?.reject(new Problem(500, 'x', 'broken'));
    await settled();
    expect((asked.error() as Problem).message).toBe('broken');
    expect(asked.value()).toBeUndefined();
    asked.again();
    made[1]?.resolve('well');
    await settled();
    expect([asked.value(), asked.error()]).toEqual(['well', undefined]);
  });

  it('says nothing after its end', async () => {
    const { made, asked, end } = asking('a');
    end();
    made[0]?.resolve('late');
    await settled();
    expect(asked.value()).toBeUndefined();
  });
});

describe('doing', () => {
  it('does one thing at a time', async () => {
    const { made, make } = waiting<void>();
    const work = vi.fn(make);
    const deed = doing();
    const first = deed.run(work);
    expect(deed.busy()).toBe(true);
    expect(await deed.run(work)).toBe(false);
    expect(work).toHaveBeenCalledOnce();
    made[0]?.resolve();
    expect(await first).toBe(true);
    expect(deed.busy()).toBe(false);
  });

  it('tells in the server’s words why it was not done, until the next attempt', async () => {
    const deed = doing();
    const refuse = async () => {
      throw new Problem(401, 'unauthorized', 'name or password is wrong');
    };
    expect(await deed.run(refuse)).toBe(false);
    expect(deed.problem()).toBe('name or password is wrong');
    await deed.run(async () => undefined);
    expect(deed.problem()).toBeUndefined();
  });
});
