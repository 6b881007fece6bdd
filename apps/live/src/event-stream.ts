import type { Viewer } from "./broadcast.js";

const encoder = new TextEncoder();

/** A browser that lost the stream comes back by itself after so many ms. */
const retry = "retry: 1000\n\n";

/** The viewer's events. It is asked for more only when what it gave before has been sent. */
export function streamEvents(viewer: Viewer): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        controller.enqueue(encoder.encode(retry));
      },
      async pull(controller) {
        const text = await viewer.next();
        if (text === undefined) controller.close();
        else controller.enqueue(encoder.encode(text));
      },
      cancel: () => viewer.leave(),
    },
    { highWaterMark: 0 },
  );
}
