import type { ClientRequest, IncomingMessage } from "node:http";

/**
 * All that a receiver gets to send: nothing of a response is used but its head. Interim responses, blank lines and the frames of chunks
 * count as well: without an end they would take the thread from all others for as long as an attempt may last.
 */
const MAX_RECEIVED_BYTES = 32 * 1_024;

/**
 * The head of the response, once all of it has come or more than is read, so that a receiver is not cut off in the middle. Rejects where
 * none comes within that, or it breaks off. Always settles when the connection ends.
 */
export function readResponse(request: ClientRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let head: IncomingMessage | null = null;
  let received = 0;

  function count(chunk: Buffer): void {
    received += chunk.length;
    if (received <= MAX_RECEIVED_BYTES) {
      return;
    }
    if (head === null) {
      reject(new Error(`the receiver sends ${received} bytes and no response`));
    } else {
      resolve(head);
    }
    request.destroy();
  }

  request
    // After the parser, which has seen the same bytes by then.
    .once("socket", (socket) => socket.on("data", count))
    .once("response", (response) => {
      head = response;
      response.resume();
      response.once("end", () => resolve(response)).once("error", reject);
    })
    // Of this none was asked, and Node says neither `response` nor `error` where it is not listened to.
    .once("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response);
    })
    // A receiver that goes away after its response ends nothing here.
    .on("error", reject)
    .once("close", () => {
      if (head === null) {
        reject(new Error("the receiver has ended the connection without a response"));
      }
    });
  return promise;
}
