/**
 * The WebSocket to the server: opened again whenever it is lost, and given up for lost as soon as the
 * server does not answer, which a browser by itself may not notice for minutes.
 */
import type { LiveMessage } from '../api/types';

/** Waits between attempts: doubled each time, up to the last, with some luck in it. */
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 15_000;
/** How often it is looked whether the server still answers. */
const CHECK_EVERY_MS = 15_000;
/** How long a connection may take to come about. */
const OPEN_WITHIN_MS = 10_000;

/** What is heard of a connection. */
export interface Heard {
  message(message: LiveMessage): void;
  /** The connection is gone, or could not be opened; it is tried again. */
  lost(): void;
}

/** What a socket needs of its surroundings; tests have their own. */
export interface Surroundings {
  open(): WebSocket;
  /** Resolves when the server answers, and rejects when it does not. */
  check(): Promise<unknown>;
  random(): number;
}

const browser = (check: () => Promise<unknown>): Surroundings => ({
  open: () => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws`),
  check,
  random: Math.random,
});

/**
 * Connects, and stays connected until the function that it returns is called.
 *
 * @param check asks the server anything; only whether it answers counts
 */
export function stayConnected(
  heard: Heard,
  check: () => Promise<unknown>,
  surroundings: Surroundings = browser(check),
): () => void {
  let socket: WebSocket | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;
  let stopped = false;

  const lose = (which: WebSocket) => {
    if (which !== socket || stopped) return;
    socket = undefined;
    which.close();
    heard.lost();
    const wait = Math.min(RETRY_FIRST_MS * 2 ** attempts, RETRY_LAST_MS);
    attempts += 1;
    retry = setTimeout(open, wait * (0.5 + surroundings.random() / 2));
  };

  const open = () => {
    const opened = surroundings.open();
    socket = opened;
    setTimeout(() => {
      if (opened.readyState === WebSocket.CONNECTING) lose(opened);
    }, OPEN_WITHIN_MS);
    opened.onmessage = (event) => {
      if (opened !== socket || typeof event.data !== 'string') return;
      attempts = 0;
      heard.message(JSON.parse(event.data) as LiveMessage);
    };
    opened.onclose = () => lose(opened);
    opened.onerror = () => lose(opened);
  };

  const watch = setInterval(() => {
    const watched = socket;
    if (watched?.readyState !== WebSocket.OPEN) return;
    surroundings.check().catch(() => lose(watched));
  }, CHECK_EVERY_MS);
  // The network is back: no reason to wait any longer.
  const online = () => {
    if (socket || stopped) return;
    clearTimeout(retry);
    open();
  };
  globalThis.addEventListener?.('online', online);

  open();
  return () => {
    stopped = true;
    clearTimeout(retry);
    clearInterval(watch);
    globalThis.removeEventListener?.('online', online);
    socket?.close();
  };
}
