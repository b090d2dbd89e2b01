import type { Socket } from "node:net";
import type { Settled } from "../../sink.ts";

/**
 * Syslog has no acknowledgement. A receiver that crashed or closed shows by the end of the connection: what was written
 * shortly before it is sent again. What it loses later, or in a network that fell silent, nobody can know.
 */
export function settleAfter(socket: Socket, ms: number): Promise<Settled> {
  return new Promise((resolve) => {
    const lost = () => {
      clearTimeout(timer);
      resolve({ kind: "maybe_duplicate", reason: "the connection ended right after the messages" });
    };
    const timer = setTimeout(() => {
      socket.off("close", lost);
      resolve({ kind: "delivered" });
    }, ms);
    if (socket.closed) lost();
    else socket.once("close", lost);
  });
}
