import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";

/** All addresses of a name. Rejects where it has none, or the signal aborts. */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks name servers: not `/etc/hosts`, whose names are of this machine, and not by the threads of `getaddrinfo`,
 * which a slow name server of a tenant could take from all others.
 *
 * @param servers addresses, as `10.0.0.2`, `10.0.0.2:5353` or `[fd00::2]:5353`; none: those of the system
 */
export function createDnsResolution(servers: readonly string[]): ResolveName {
  return async (name, signal) => {
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    if (servers.length > 0) {
      resolver.setServers(servers);
    }
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
      signal.throwIfAborted();
      const addresses = found
        .flatMap((one) => (one.status === "fulfilled" ? one.value : []))
        .filter((address) => isIP(address) !== 0);
      if (addresses.length === 0) {
        throw new Error(`${name} has no address`);
      }
      return addresses;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
}
