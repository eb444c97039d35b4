import { A } from '@solidjs/router';
import { fireEvent, screen } from '@solidjs/testing-library';
import { describe, expect, it, vi } from 'vitest';
import { fakeLive, showTo } from '../testing/session';
import { UnseenProvider, useUnseen } from './unseen';

function Badge() {
  const { unseen } = useUnseen();
  return (
    <>
      <output>{unseen()}</output>
      <A href="/feed">feed</A>
    </>
  );
}

function show(at: string) {
  const { live, listeners } = fakeLive();
  const page = () => (
    <UnseenProvider>
      <Badge />
    </UnseenProvider>
  );
  const shown = showTo('viewer', page, { live, at });
  const come = (...positions: number[]) => {
    for (const one of listeners) one.batch({ alerts: [], fresh: new Set(positions) });
  };
  return { ...shown, come, listeners };
}

const badge = () => screen.getByRole('status').textContent;

describe('unseen', () => {
  it('counts new alerts while another page is open, and tells it in the title', () => {
    const { come } = show('/agents');
    come(1, 2);
    come(3);
    come();
    expect(badge()).toBe('3');
    expect(document.title).toBe('(3) NetSentinel');
  });

  it('does not count what is seen', () => {
    const { come } = show('/feed');
    come(1);
    expect(badge()).toBe('0');
    expect(document.title).toBe('NetSentinel');
  });

  it('forgets them when the feed is opened', async () => {
    const { come } = show('/');
    come(1);
    fireEvent.click(screen.getByText('feed'));
    await vi.waitFor(() => expect(badge()).toBe('0'));
  });

  it('counts while the window is hidden, until it is seen again', () => {
    const { come } = show('/feed');
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    come(1);
    expect(badge()).toBe('1');
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(badge()).toBe('0');
  });

  it('leaves nothing behind', () => {
    const { come, listeners, unmount } = show('/');
    come(1);
    unmount();
    expect(listeners.size).toBe(0);
    expect(document.title).toBe('NetSentinel');
  });
});
