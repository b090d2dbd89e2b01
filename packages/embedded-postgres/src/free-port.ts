import { once } from "node:events";
import { createServer } from "node:net";

/** A port of 127.0.0.1 that is free now, for a server that does not say which one it got; another program may take it first. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") {
    throw new Error("No free port on 127.0.0.1.");
  }
  return address.port;
}
