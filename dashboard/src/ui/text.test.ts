import { describe, expect, it } from 'vitest';
import { clip } from './text';

describe('clip', () => {
  it('leaves short texts alone', () => expect(clip('abc', 3)).toBe('abc'));
  it('bounds long ones', () => expect(clip('a'.repeat(10_000), 5)).toBe('aaaaa…'));
  it('does not tear a letter in two', () => expect(clip('ab😀cd', 3)).toBe('ab…'));
});
