import { fireEvent, render, screen } from '@solidjs/testing-library';
import { describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import '../testing/session';
import { Confirm } from './Confirm';

function show(work: () => Promise<unknown>) {
  const close = vi.fn();
  render(() => (
    <Confirm title="Really?" deed="Do it" work={work} close={close}>
      <p>It does a lot.</p>
    </Confirm>
  ));
  return close;
}

describe('Confirm', () => {
  it('does nothing until it is told to', () => {
    const work = vi.fn(async () => undefined);
    const close = show(work);
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(close).toHaveBeenCalledOnce();
    expect(work).not.toHaveBeenCalled();
  });

  it('closes when it is done', async () => {
    const work = vi.fn(async () => undefined);
    const close = show(work);
    fireEvent.click(screen.getByRole('button', { name: 'Do it' }));
    await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
    expect(work).toHaveBeenCalledOnce();
  });

  it('stays with the reason when it can not be done', async () => {
    const close = show(async () => {
      throw new Problem(409, 'conflict', 'ann is the last administrator');
    });
    fireEvent.click(screen.getByRole('button', { name: 'Do it' }));
    expect((await screen.findByRole('alert')).textContent).toBe('ann is the last administrator');
    expect(close).not.toHaveBeenCalled();
  });
});
