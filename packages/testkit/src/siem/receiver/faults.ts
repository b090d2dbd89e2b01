/** How a response is put on the wire, or kept back. `taken` says whether the events of the request are kept. */
export type FaultBehaviour =
  /** This response instead of the proper one. */
  | {
      readonly kind: "response";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly taken?: boolean;
    }
  /** A response from the receiver's own table of codes; what the table calls accepted is taken. */
  | { readonly kind: "code"; readonly code: number; readonly taken?: boolean }
  /** The proper response, byte by byte. */
  | { readonly kind: "slow-drip"; readonly msPerByte: number }
  /** The connection is reset once the request's head is there. */
  | { readonly kind: "reset-before-body" }
  /** The connection is reset once the whole request is there. */
  | { readonly kind: "reset-after-body"; readonly taken?: boolean }
  /** The head of the proper response and half of its body, then a reset. */
  | { readonly kind: "half-response"; readonly taken?: boolean }
  | { readonly kind: "hang"; readonly taken?: boolean }
  /** Status 200 with a body that is none of the receiver's. */
  | { readonly kind: "garbage"; readonly taken?: boolean }
  /** A fault that only this receiver knows, e.g. `never-acknowledged` of Splunk's. */
  | { readonly kind: "special"; readonly name: string };

export type ReceiverFault = FaultBehaviour & {
  /** The operation that it strikes: `events` unless told; see the receiver's own list. */
  readonly on?: string;
  /** Requests that it strikes, one unless told; `"always"` until the faults are cleared. */
  readonly times?: number | "always";
};

/** Faults in the order in which they strike. */
export interface FaultPlan {
  add(...faults: readonly ReceiverFault[]): void;
  clear(): void;
  /** The fault that the next request for this operation meets; it is used up by one. */
  next(operation: string): FaultBehaviour | undefined;
}

export function createFaultPlan(): FaultPlan {
  let entries: { fault: ReceiverFault; left: number }[] = [];
  return {
    add(...faults) {
      for (const fault of faults) {
        const { times = 1 } = fault;
        entries.push({ fault, left: times === "always" ? Infinity : times });
      }
    },
    clear() {
      entries = [];
    },
    next(operation) {
      const entry = entries.find(({ fault }) => (fault.on ?? "events") === operation);
      if (entry === undefined) {
        return undefined;
      }
      entry.left -= 1;
      if (entry.left <= 0) {
        entries = entries.filter((other) => other !== entry);
      }
      return entry.fault;
    },
  };
}
