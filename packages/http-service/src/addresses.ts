/** An IPv4 client of a socket that takes both is the same as one of a socket that takes IPv4. */
export function normalAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
}

/** The eight groups of an IPv6 address, in hex without leading zeros. The address is one. */
export function ipv6Groups(address: string): string[] {
  // The URL parser writes each address in one way, an embedded IPv4 address in hex.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
}
