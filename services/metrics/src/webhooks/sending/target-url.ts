import { isIP } from "node:net";
import type { AddressRules } from "./address-rules.ts";

export interface TargetRules {
  readonly addresses: AddressRules;
  /** Whether `http:` is allowed, too. */
  readonly allowHttp: boolean;
}

/** What is wrong with the URL of a webhook, in words; `null` where nothing is. What its name resolves to is looked at with each attempt. */
export function targetProblem(text: string, { addresses, allowHttp }: TargetRules): string | null {
  if (!URL.canParse(text)) {
    return "is no URL";
  }
  const { protocol, username, password, hash, hostname } = new URL(text);
  if (protocol !== "https:" && !(protocol === "http:" && allowHttp)) {
    return allowHttp ? "must be of http or https" : "must be of https";
  }
  if (username !== "" || password !== "" || hash !== "") {
    return "must have neither a user, a password nor a fragment";
  }
  const address = addressIn(hostname);
  return address !== null && !addresses.isAllowed(address) ? "is an address that is not sent to" : null;
}

/** The address that stands in the place of a name; `null` for a name. The URL parser has brought it into one form. */
export function addressIn(hostname: string): string | null {
  const plain = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return isIP(plain) === 0 ? null : plain;
}
