import { Resolver } from "node:dns/promises";
import { isIP } from "node:net";

/** All addresses of a name. Rejects where it has none, or the signal aborts. */
export type ResolveName = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/**
 * Asks the name servers of the system: not `/etc/hosts`, whose names are of this machine, and not by the threads of `getaddrinfo`,
 * which a slow name server of a tenant could take from all others.
 */
export const resolveByDns: ResolveName = async (name, signal) => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
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
