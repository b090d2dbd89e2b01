import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";

/**
 * Sends the body of a response as the client takes it, and resolves when the response is over, however it ended. Either side
 * that ends early ends the other. `pipeline` would do it too; it makes an abort signal for each stream and aborts it at each
 * end, which costs more than a stream of one event does otherwise.
 */
export function sendStream(body: Readable, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    body.on("error", () => response.destroy());
    body.once("close", () => {
      if (!body.readableEnded) {
        response.destroy();
      }
    });
    // What cannot be written has no reader: the end that follows is all there is to know.
    response.on("error", () => undefined);
    response.once("close", () => {
      body.destroy();
      resolve();
    });
    body.pipe(response);
  });
}
