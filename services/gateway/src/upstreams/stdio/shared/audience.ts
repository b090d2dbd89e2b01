import { principalKey } from "@sark/authentication";
import type { Caller } from "../../../domain/governance.ts";
import type { MessageProcess } from "../process/message-process.ts";

/** Whose requests a process has been sent since it was started. */
export interface Audience {
  /** The gateway's own requests (`null`) hold nothing of a caller. */
  add(process: MessageProcess, caller: Caller | null): void;
  /**
   * Whether one principal at most has ever used it. From the second one on, what names no request can be about any of
   * them: a server may go on with a call that was abandoned, and log of a call that it finished long ago.
   */
  readonly isOne: boolean;
}

export function createAudience(): Audience {
  let current: MessageProcess | null = null;
  let first: string | null = null;
  let isOne = true;
  return {
    add: (process, caller) => {
      if (process !== current) {
        current = process;
        first = null;
        isOne = true;
      }
      if (caller === null) {
        return;
      }
      const key = principalKey(caller.principal);
      first ??= key;
      isOne &&= first === key;
    },
    get isOne() {
      return isOne;
    },
  };
}
