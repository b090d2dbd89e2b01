import { jsonFlag } from "../flags.ts";

/** What a verifier trusts, and what the log has to continue. */
export interface TrustFlags {
  readonly key: readonly string[];
  readonly origin?: string;
  readonly remember?: string;
  readonly checkpoint?: string;
  readonly timeStampAuthority?: readonly string[];
  readonly unsignedUntil?: number;
  readonly atLeast?: number;
  readonly json: boolean;
}

const text = (value: string): string => value;

function count(value: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(value)) {
    throw new RangeError("must be a whole number");
  }
  return Number(value);
}

export const trustFlags = {
  key: {
    kind: "parsed",
    parse: text,
    variadic: true,
    placeholder: "VKEY|FILE",
    brief: "Key to trust, or a file of them, one a line with from=SIZE and until=SIZE; may be repeated",
  },
  origin: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "NAME",
    brief: "Name that the log must have",
  },
  remember: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "FILE",
    brief:
      "Hold the log against what this file remembers, and have it remember the newest checkpoint when all is well",
  },
  checkpoint: {
    kind: "parsed",
    parse: text,
    optional: true,
    placeholder: "FILE",
    brief: "Hold the log against this checkpoint: a signed note, or an event log_checkpoint from a SIEM",
  },
  timeStampAuthority: {
    kind: "parsed",
    parse: text,
    variadic: true,
    optional: true,
    placeholder: "PEM",
    brief: "Certificates that time stamps (RFC 3161) have to lead to; without, stamps are not looked at",
  },
  unsignedUntil: {
    kind: "parsed",
    parse: count,
    optional: true,
    placeholder: "SEQ",
    brief:
      "Take records of purges and erasures below this number without a signature: an older version wrote them",
  },
  atLeast: {
    kind: "parsed",
    parse: count,
    optional: true,
    placeholder: "N",
    brief: "So many events were signed before, as a receipt or a SIEM says: fewer are a finding",
  },
  json: jsonFlag,
} as const;
