import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";

/**
 * How long a head waits for what follows it, so that they leave in one piece: servers send both within a millisecond or two
 * of each other where the response is short. To a client it is no difference whether a stream opens now or then.
 */
const HEAD_WAITS_MS = 5;

/**
 * Sends the head and the body of a response as the client takes it, and resolves when the response is over, however it
 * ended. Either side that ends early ends the other. What comes within one turn of the event loop leaves in one piece. `pipeline`
 * would do it too; it makes an abort signal for each stream and aborts it at each end, which costs more than a stream of one event does otherwise.
 */
export function sendStream(body: Readable, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const gather = gatherWrites(response);
    let head: NodeJS.Timeout | null = setTimeout(sendHead, HEAD_WAITS_MS);
    function joined(): void {
      if (head !== null) {
        clearTimeout(head);
        head = null;
      }
    }
    function sendHead(): void {
      joined();
      response.flushHeaders();
    }
    function cutOff(): void {
      // A client hears what was said so far: that there is a response, and that it broke off.
      if (head !== null) {
        sendHead();
      }
      response.destroy();
    }
    if (response.destroyed) {
      // Its end is over: no event of it will come.
      joined();
      body.destroy();
      resolve();
      return;
    }
    body.on("error", cutOff);
    body.once("close", () => {
      if (!body.readableEnded) {
        cutOff();
      }
    });
    body.on("data", () => {
      joined();
      gather();
    });
    body.once("end", joined);
    // What cannot be written has no reader: the end that follows is all there is to know.
    response.on("error", () => undefined);
    response.once("close", () => {
      joined();
      body.destroy();
      resolve();
    });
    if (body.closed) {
      // Nor of this one, and what it had was not read here.
      cutOff();
    } else {
      body.pipe(response);
    }
  });
}

/** Holds what is written to the connection until the end of this turn, or of the response. */
function gatherWrites(response: ServerResponse): () => void {
  let held: Socket | null = null;
  function release(): void {
    held?.uncork();
    held = null;
  }
  return () => {
    if (held !== null || response.socket === null) {
      return;
    }
    held = response.socket;
    held.cork();
    setImmediate(release);
  };
}
