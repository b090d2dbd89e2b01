import { BlockList, isIPv4, isIPv6 } from "node:net";
import { readSubnet } from "@sark/http-service";

/** Which addresses a message may be sent to. */
export interface AddressRules {
  isAllowed(address: string): boolean;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry: whatever is not of the public internet.
const RESERVED_IPV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];
// Of IPv6, `2000::/3` alone is the public internet; within it, tunnels that lead to an IPv4 address, and what is reserved.
const PUBLIC_IPV6 = ["2000::/3"];
const RESERVED_IPV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"];

/** @param exceptions addresses or subnets that may be sent to although they are not of the public internet */
export function createAddressRules(exceptions: readonly string[]): AddressRules {
  const reserved = listOf([...RESERVED_IPV4, ...RESERVED_IPV6]);
  const publicIpv6 = listOf(PUBLIC_IPV6);
  const excepted = listOf(exceptions);
  return {
    isAllowed(address) {
      if (isIPv4(address)) {
        return excepted.check(address, "ipv4") || !reserved.check(address, "ipv4");
      }
      // An address with a zone is of a link; an IPv4 address in the form of an IPv6 one is outside `2000::/3`.
      return (
        isIPv6(address) &&
        !address.includes("%") &&
        (excepted.check(address, "ipv6") ||
          (publicIpv6.check(address, "ipv6") && !reserved.check(address, "ipv6")))
      );
    },
  };
}

function listOf(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const { address, prefix } = readSubnet(subnet);
    list.addSubnet(address, prefix, isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}
