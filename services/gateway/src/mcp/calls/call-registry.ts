import type { AuditReference, CallResult, McpCall, Permit } from "../../domain/governance.ts";
import type { JsonRpcId } from "../../domain/json-rpc.ts";
import { createInFlight, type InFlight, type Place } from "@sark/scheduling";
import type { BoundSession } from "../session/binding.ts";
import type { McpLimits } from "../contract/limits.ts";
import { startIdleClock, type TimeLimits, type IdleClock } from "../deadline/idle-clock.ts";

/** A request of a client that has no response yet. */
export interface OpenCall {
  readonly id: JsonRpcId;
  readonly method: string;
  /** Of the record of its intent. */
  readonly audit: AuditReference | null;
  readonly settled: boolean;
  /** The client said `notifications/cancelled`: a missing response is no fault any more. */
  readonly cancelled: boolean;
  /** Called once when the client cancels it. */
  onCancel: (() => void) | null;
  /** Called when the server reports progress of it on another stream than its own. */
  onSign: (() => void) | null;
  /** What the server names its progress by. */
  readonly progressToken: JsonRpcId | null;
  /** The session that it opened; its fingerprint is part of the result. */
  openedSession: BoundSession | null;
  permit(permits: readonly Permit[]): void;
  cancel(): void;
  /** Records how it ended, once, and forgets it: as cancelled when the client had cancelled it before. */
  settle(result: CallResult): void;
}

/** Whose ids must differ: a session, or (without one) a caller at a server. */
export interface CallScope {
  readonly key: string;
  /** Without a session several clients of one caller may use the same ids at once. */
  readonly exclusive: boolean;
}

/** Requests in flight, so that a response, a cancellation or a resumed stream finds the one it is about. */
export interface CallRegistry {
  /** `null` when the id is in flight already. */
  open(
    scope: CallScope,
    call: Pick<McpCall, "method"> & { readonly progressToken?: JsonRpcId | null },
    id: JsonRpcId,
  ): OpenCall | null;
  find(scope: CallScope, id: JsonRpcId): OpenCall | null;
  cancel(scope: CallScope, id: JsonRpcId): void;
  /** The server has reported progress under this token. */
  progressed(scope: CallScope, token: JsonRpcId): void;
  /**
   * Keeps a call whose stream has ended until its response comes on a resumed one, or until its time is up:
   * `expired` is called then.
   */
  await(scope: CallScope, call: OpenCall, timeLimits: TimeLimits, expired: () => void): void;
  /**
   * The response to a call was seen by another replica, on a stream that its client has taken up again there. It ends a call that is
   * awaited, or will be: one whose stream goes on here has its response here.
   */
  endedElsewhere(scope: CallScope, id: JsonRpcId, result: CallResult): void;
  /** Ends the calls of a scope that are awaited; those under way end with their exchanges. */
  settleAwaited(scope: CallScope, result: CallResult): void;
  /** Ends all calls of a scope: those that are still awaited at once, those under way as cancelled. */
  abandon(scope: CallScope, result: CallResult): void;
  readonly size: number;
}

export function createCallRegistry(limits: McpLimits): CallRegistry {
  const scopes = new Map<string, Map<string, InFlight<OpenCall>>>();
  const awaited = new Map<OpenCall, { readonly clock: IdleClock; readonly scope: string }>();
  /** Of calls whose streams go on here. */
  const seenElsewhere = new WeakMap<OpenCall, CallResult>();
  let size = 0;

  /** Calls of a scope by their ids; none is in it without a call. */
  function callsOf(scope: CallScope, id: JsonRpcId): InFlight<OpenCall> {
    let calls = scopes.get(scope.key);
    if (calls === undefined) {
      scopes.set(scope.key, (calls = new Map()));
    }
    const key = idKey(id);
    let same = calls.get(key);
    if (same === undefined) {
      calls.set(key, (same = createInFlight()));
    }
    return same;
  }

  function remove(scope: CallScope, same: InFlight<OpenCall>, place: Place<OpenCall>): void {
    if (!same.leave(place)) {
      return;
    }
    const call = place.item;
    size -= 1;
    if (same.size === 0) {
      const calls = scopes.get(scope.key);
      calls?.delete(idKey(call.id));
      if (calls?.size === 0) {
        scopes.delete(scope.key);
      }
    }
    const wait = awaited.get(call);
    wait?.clock.stop();
    awaited.delete(call);
  }

  function settleAwaited(scope: CallScope, result: CallResult): void {
    for (const [call, wait] of awaited) {
      if (wait.scope === scope.key) {
        call.settle(result);
      }
    }
  }

  function sameId(scope: CallScope, id: JsonRpcId): readonly OpenCall[] {
    return scopes.get(scope.key)?.get(idKey(id))?.all() ?? [];
  }

  return {
    open(scope, { method, progressToken = null }, id) {
      if (scope.exclusive && sameId(scope, id).length > 0) {
        return null;
      }
      const call = openCall({ id, method, progressToken }, () => remove(scope, same, place));
      const same = callsOf(scope, id);
      const place = same.enter(call);
      size += 1;
      return call;
    },
    find(scope, id) {
      const [first, second] = sameId(scope, id);
      return second === undefined ? (first ?? null) : null;
    },
    cancel(scope, id) {
      const [first, second] = sameId(scope, id);
      // Of two calls with one id it cannot be told which is meant; the upstream server is told in any case.
      if (second === undefined) {
        first?.cancel();
      }
    },
    progressed(scope, token) {
      // Without a session another client of the same caller may use the same token.
      if (!scope.exclusive) {
        return;
      }
      for (const same of scopes.get(scope.key)?.values() ?? []) {
        for (const call of same.all()) {
          if (call.progressToken === token) {
            call.onSign?.();
          }
        }
      }
    },
    await(scope, call, timeLimits, expired) {
      if (call.settled) {
        return;
      }
      const seen = seenElsewhere.get(call);
      if (seen !== undefined) {
        call.settle(seen);
        return;
      }
      const oldest = awaited.size >= limits.maxAwaitedResponses ? awaited.keys().next().value : undefined;
      oldest?.settle({
        outcome: "upstream_error",
        message: "Too many responses are awaited; this one no longer is.",
      });
      const clock = startIdleClock(timeLimits, () => {
        const { cancelled } = call;
        call.settle({ outcome: cancelled ? "cancelled" : "timeout", message: NOT_SEEN });
        if (!cancelled) {
          expired();
        }
      });
      call.onSign = clock.touch;
      awaited.set(call, { clock, scope: scope.key });
    },
    endedElsewhere(scope, id, result) {
      const [call, another] = sameId(scope, id);
      if (call === undefined || another !== undefined) {
        return;
      }
      if (awaited.has(call)) {
        call.settle(result);
      } else {
        seenElsewhere.set(call, result);
      }
    },
    settleAwaited,
    abandon(scope, result) {
      settleAwaited(scope, result);
      for (const calls of scopes.get(scope.key)?.values() ?? []) {
        for (const call of calls.all()) {
          call.cancel();
        }
      }
    },
    get size() {
      return size;
    },
  };
}

/** Another replica may have passed one on and could not tell of it. */
const NOT_SEEN = "No response was seen in time.";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function openCall(
  { id, method, progressToken }: Pick<OpenCall, "id" | "method" | "progressToken">,
  forget: () => void,
): OpenCall {
  let permits: readonly Permit[] = [];
  const call: Mutable<OpenCall> = {
    id,
    method,
    progressToken,
    onCancel: null,
    onSign: null,
    openedSession: null,
    audit: null,
    cancelled: false,
    settled: false,
    permit(granted) {
      permits = granted;
      call.audit = granted[0]?.audit ?? null;
    },
    cancel() {
      if (call.cancelled || call.settled) {
        return;
      }
      call.cancelled = true;
      call.onCancel?.();
    },
    settle(result) {
      if (call.settled) {
        return;
      }
      call.settled = true;
      forget();
      const ended = call.cancelled ? asCancelled(result) : result;
      const final =
        call.openedSession === null ? ended : { ...ended, sessionId: call.openedSession.fingerprint };
      for (const permit of permits) {
        permit.finish(final);
      }
    },
  };
  return call;
}

/**
 * Servers respond to what was cancelled in many ways: not at all, with an error of any code, or with a result that was
 * ready. None of them says that anything is wrong; the record keeps what it was.
 */
function asCancelled({ outcome, errorCode, result }: CallResult): CallResult {
  const message = "The client cancelled the request";
  if (errorCode !== undefined) {
    return { outcome: "cancelled", message: `${message}; the server responded with error ${errorCode}.` };
  }
  if (result === undefined) {
    return { outcome: "cancelled", message: `${message}.` };
  }
  return {
    outcome: "cancelled",
    message: `${message}; the server responded all the same: ${outcome}.`,
    result,
  };
}

/** Ids 1 and "1" are different ids. */
function idKey(id: JsonRpcId): string {
  return `${typeof id}:${id}`;
}
