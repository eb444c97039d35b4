/** Why the server did not do what it was asked. */
export class Problem extends Error {
  override readonly name = 'Problem';

  /**
   * @param status the HTTP status; 0 where the server was not reached
   * @param kind what kind of error, for programs, such as `unauthorized`
   * @param message what is wrong and what to do, for people
   */
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the session is over, or never was. */
  get isSignedOut(): boolean {
    return this.status === 401;
  }

  /** Whether the server can not be reached now. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

/** What to tell people of anything that was thrown. */
export function told(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.';
}
