import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library';
import { createSignal } from 'solid-js';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Search, TYPING_MS } from './Search';

const [text, setText] = createSignal('');
const search = vi.fn();
const field = () => screen.getByRole('searchbox') as HTMLInputElement;

beforeEach(() => {
  vi.useFakeTimers();
  setText('');
  search.mockReset();
  render(() => <Search text={text()} search={search} />);
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

it('asks once the typing pauses, or at once by Enter', () => {
  fireEvent.input(field(), { target: { value: 's' } });
  vi.advanceTimersByTime(TYPING_MS - 1);
  fireEvent.input(field(), { target: { value: 'ss' } });
  vi.advanceTimersByTime(TYPING_MS - 1);
  expect(search).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(search.mock.calls).toEqual([['ss']]);
  fireEvent.input(field(), { target: { value: 'ssh' } });
  fireEvent.keyDown(field(), { key: 'Enter' });
  expect(search).toHaveBeenLastCalledWith('ssh');
});

it('follows the address, but does not undo what was typed since', () => {
  fireEvent.input(field(), { target: { value: 'ss' } });
  vi.advanceTimersByTime(TYPING_MS);
  fireEvent.input(field(), { target: { value: 'ssh' } });
  setText('ss');
  expect(field().value).toBe('ssh');
  setText('from the way back');
  expect(field().value).toBe('from the way back');
  vi.advanceTimersByTime(TYPING_MS);
  expect(search).toHaveBeenCalledTimes(1);
});

it('is reached by a slash from anywhere but a field', () => {
  fireEvent.keyDown(document.body, { key: '/' });
  expect(document.activeElement).toBe(field());
  field().blur();
  fireEvent.keyDown(document.body, { key: '/', ctrlKey: true });
  expect(document.activeElement).not.toBe(field());
});
