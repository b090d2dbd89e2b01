import type { ReceiverAddress } from "./sink-definition.ts";

/** The address of a receiver that is reached over HTTP. */
export function urlAddress(url: string): ReceiverAddress {
  const { protocol, hostname } = new URL(url);
  return { host: hostname, encrypted: protocol === "https:" };
}
