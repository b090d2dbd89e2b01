import { isLoopback } from "../domain/loopback.ts";

/** Whether a party on the way could read what is sent to this address. */
export function isReadableOnTheWay(address: string | undefined): boolean {
  if (address === undefined) {
    return false;
  }
  const { protocol, hostname } = new URL(address);
  return protocol === "http:" && !isLoopback(hostname);
}
