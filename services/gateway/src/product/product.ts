import { version } from "./version.ts";

/** The gateway, as SIEMs are told of it. */
export const PRODUCT = {
  vendor: "SARK",
  suite: "SARK",
  name: "SARK Gateway",
  kind: "gateway",
  service: "sark-gateway",
  version,
} as const;
