import { isIP } from "node:net";

/** 4, 6, or 0 for what is no address to a store's field of that type: a zone (`fe80::1%eth0`) is none of it. */
export function ipVersion(address: string): number {
  return address.includes("%") ? 0 : isIP(address);
}
