import type { AddressInfo } from "node:net";

/** For this name the framework would open a second server, which none of the bounds and watches apply to. */
export function listeningAddress(host: string): string {
  return host === "localhost" ? "127.0.0.1" : host;
}

/** Where it listens, as a URL; the port may have been chosen by the system. */
export function addressOf(
  address: AddressInfo | string | null,
  host: string,
  scheme: "http" | "https",
): string {
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
