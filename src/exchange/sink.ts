/** The client's end of a stream. */
export interface Sink {
  readonly readable: ReadableStream<Uint8Array>;
  /** Waits until the client has taken the bytes: a slow reader holds the provider back. Does nothing once it is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** A sign of life, unless bytes are waiting for a slow client: those are life enough. */
  keepAlive(sign: Uint8Array): void;
  close(): Promise<void>;
  /** The client is gone, or as good as gone: what waits for it ends. */
  abandon(): void;
  isGone(): boolean;
  /** Since when the client has taken nothing of what waits for it, ms since 1970; null while nothing waits. */
  stuckSince(): number | null;
  /** When the client last got something, ms since 1970. */
  writtenAt(): number;
}

/** `onGone` is called once, when the client has left. */
export function openSink(onGone: () => void): Sink {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  let isGone = false;
  let stuckSince: number | null = null;
  let isClosed = false;
  let writtenAt = Date.now();

  function leave(): void {
    if (isGone || isClosed) return;
    isGone = true;
    onGone();
  }

  // Rejects when the client's connection ends.
  writer.closed.catch(leave);

  async function send(bytes: Uint8Array): Promise<void> {
    stuckSince = Date.now();
    try {
      await writer.write(bytes);
    } catch {
      leave();
    }
    stuckSince = null;
    writtenAt = Date.now();
  }

  return {
    readable,
    write: (bytes) => (isGone ? Promise.resolve() : send(bytes)),
    keepAlive(sign) {
      writtenAt = Date.now();
      if (!isGone && stuckSince === null && !isClosed) void send(sign);
    },
    async close() {
      isClosed = true;
      stuckSince = Date.now();
      await writer.close().catch(() => undefined);
      stuckSince = null;
    },
    abandon() {
      if (isGone) return;
      void writer.abort().catch(() => undefined);
      leave();
    },
    isGone: () => isGone,
    stuckSince: () => stuckSince,
    writtenAt: () => writtenAt,
  };
}
