import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { ipv6Groups, normalAddress } from "./addresses.ts";
import { createRequestSlot } from "./request-slot.ts";

/** The address of the client that sent a request. */
export type ClientAddress = (request: IncomingMessage) => string;

/** Proxies in a row; more of them are no deployment, but a header that a client made up. */
const MAX_HOPS = 32;

/**
 * Behind trusted proxies: the address that the outermost of them saw. `X-Forwarded-For` is read from its right end, where
 * the nearest proxy has written; what stands to the left of the first address that is no trusted proxy, a client may
 * have made up. Any other request comes from where its connection comes from, whatever it says.
 *
 * @param trustedProxies addresses, or subnets as `10.0.0.0/8`
 */
export function createClientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const proxy of trustedProxies) {
    const { address, prefix } = readSubnet(proxy);
    trusted.addSubnet(address, prefix, isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  const isTrusted = (address: string) =>
    // Most gateways trust none, and every request is asked about.
    trustedProxies.length > 0 &&
    isIP(address) !== 0 &&
    trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
  /** Node forgets the address of a connection that has closed. */
  const known = createRequestSlot<string>("client address");

  function find(request: IncomingMessage): string {
    let address = normalAddress(request.socket.remoteAddress ?? "unknown");
    if (!isTrusted(address)) {
      return address;
    }
    const hops = (request.headersDistinct["x-forwarded-for"] ?? []).join(",").split(",").slice(-MAX_HOPS);
    for (const hop of hops.toReversed()) {
      const before = readHop(hop);
      // What cannot be read was written by the last proxy that is known; no more can be said than its address.
      if (before === null) {
        return address;
      }
      address = before;
      if (!isTrusted(address)) {
        return address;
      }
    }
    return address;
  }

  return (request) => {
    let address = known.get(request);
    if (address === undefined) {
      known.set(request, (address = find(request)));
    }
    return address;
  };
}

/** Some proxies write the port, too: `192.0.2.1:443`, `[2001:db8::1]:443`. */
function readHop(text: string): string | null {
  const [, bracketed, plain] = /^\s*(?:\[([^\]]*)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)\s*$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text.trim();
  return isIP(address) === 0 ? null : normalAddress(address);
}

/** Throws `TypeError` for what is neither an address nor a subnet. */
export function readSubnet(text: string): { readonly address: string; readonly prefix: number } {
  const [address = "", length, ...more] = text.split("/");
  const family = isIP(address);
  const longest = family === 6 ? 128 : 32;
  const prefix = length === undefined ? longest : Number(/^\d{1,3}$/.test(length) ? length : Number.NaN);
  if (family === 0 || more.length > 0 || address.includes("%") || !(prefix >= 1 && prefix <= longest)) {
    throw new TypeError("must be an address, or a subnet such as 10.0.0.0/8");
  }
  return { address, prefix };
}

/** Whose requests are taken for those of one client: an IPv4 address, or the network that a host has of IPv6, a /64. */
export function networkOf(address: string): string {
  return isIP(address) === 6 ? `${ipv6Groups(address).slice(0, 4).join(":")}::/64` : address;
}
