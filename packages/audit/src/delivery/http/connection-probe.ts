import { once } from "node:events";
import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import { DeliveryError } from "../domain/errors.ts";
import { failureResult } from "./failure-result.ts";
import type { TlsOptions } from "./tls.ts";

/**
 * Opens a connection, with TLS where the address has it, and ends it. For receivers without a request that asks for their
 * health: whatever else is sent would be refused, logged or counted there each time. Rejects when it cannot be opened.
 */
export async function probeConnection(url: string, tls: TlsOptions, signal: AbortSignal): Promise<void> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isTls = protocol === "https:";
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
  const target = { host, port: port === "" ? (isTls ? 443 : 80) : Number(port) };
  const socket = isTls
    ? connectTls({ ...target, ...tls, ...(servername === undefined ? {} : { servername }) })
    : connectTcp(target);
  try {
    await once(socket, isTls ? "secureConnect" : "connect", { signal });
  } catch (error) {
    socket.on("error", () => undefined).destroy();
    throw new DeliveryError("receiver_unavailable", failureResult(error).reason, { cause: error });
  }
  // Whatever happens from now on, it was there.
  socket.on("error", () => undefined).destroySoon();
}
