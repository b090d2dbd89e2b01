import type { CallResult, McpCall, Permit } from "../../domain/governance.ts";
import type { JsonRpcId } from "../../domain/json-rpc.ts";
import type { McpLimits } from "../limits.ts";

/** A request of a client that has no answer yet. */
export interface OpenCall {
  readonly id: JsonRpcId;
  readonly method: string;
  readonly auditId: string | null;
  readonly settled: boolean;
  /** The client said `notifications/cancelled`: a missing answer is no fault any more. */
  readonly cancelled: boolean;
  /** Called once when the client cancels it. */
  onCancel: (() => void) | null;
  permit(permits: readonly Permit[]): void;
  cancel(): void;
  /** Records how it ended, once, and forgets it. */
  settle(result: CallResult): void;
}

/** Whose ids must differ: a session, or (without one) a caller at a server. */
export interface CallScope {
  readonly key: string;
  /** Without a session several clients of one caller may use the same ids at once. */
  readonly exclusive: boolean;
}

/** Requests in flight, so that an answer, a cancellation or a resumed stream finds the one it is about. */
export interface CallRegistry {
  /** `null` when the id is in flight already. */
  open(scope: CallScope, call: Pick<McpCall, "method">, id: JsonRpcId): OpenCall | null;
  find(scope: CallScope, id: JsonRpcId): OpenCall | null;
  cancel(scope: CallScope, id: JsonRpcId): void;
  /** Keeps a call whose stream has ended until its answer comes on a resumed one, or until `deadline` (`performance.now()` time). */
  await(call: OpenCall, deadline: number): void;
  /** Ends all calls of a scope that are still awaited. */
  abandon(scope: CallScope, result: CallResult): void;
  readonly size: number;
}

export function createCallRegistry(limits: McpLimits): CallRegistry {
  const scopes = new Map<string, Map<string, Set<OpenCall>>>();
  const awaited = new Map<OpenCall, { readonly timer: NodeJS.Timeout; readonly scope: string }>();
  const scopeOf = new WeakMap<OpenCall, string>();
  let size = 0;

  function remove(scope: CallScope, call: OpenCall): void {
    const calls = scopes.get(scope.key);
    const same = calls?.get(idKey(call.id));
    if (calls === undefined || same === undefined || !same.delete(call)) return;
    size -= 1;
    if (same.size === 0) calls.delete(idKey(call.id));
    if (calls.size === 0) scopes.delete(scope.key);
    const wait = awaited.get(call);
    if (wait !== undefined) clearTimeout(wait.timer);
    awaited.delete(call);
  }

  function sameId(scope: CallScope, id: JsonRpcId): ReadonlySet<OpenCall> | undefined {
    return scopes.get(scope.key)?.get(idKey(id));
  }

  return {
    open(scope, { method }, id) {
      if (scope.exclusive && sameId(scope, id) !== undefined) return null;
      const call = openCall(id, method, () => remove(scope, call));
      const calls = scopes.get(scope.key) ?? new Map<string, Set<OpenCall>>();
      scopes.set(scope.key, calls);
      calls.set(idKey(id), (calls.get(idKey(id)) ?? new Set()).add(call));
      scopeOf.set(call, scope.key);
      size += 1;
      return call;
    },
    find(scope, id) {
      const [first, second] = sameId(scope, id) ?? [];
      return second === undefined ? (first ?? null) : null;
    },
    cancel(scope, id) {
      const [first, second] = sameId(scope, id) ?? [];
      // Of two calls with one id nobody can say which is meant; the upstream server is told in any case.
      if (second === undefined) first?.cancel();
    },
    await(call, deadline) {
      if (call.settled) return;
      const oldest = awaited.size >= limits.maxAwaitedAnswers ? awaited.keys().next().value : undefined;
      oldest?.settle({
        outcome: "upstream_error",
        message: "Too many answers are awaited; this one no longer is.",
      });
      const timer = setTimeout(
        () =>
          call.settle({
            outcome: call.cancelled ? "cancelled" : "timeout",
            message: "No answer came in time.",
          }),
        Math.max(deadline - performance.now(), 0),
      );
      timer.unref();
      awaited.set(call, { timer, scope: scopeOf.get(call) ?? "" });
    },
    abandon(scope, result) {
      for (const [call, wait] of awaited) if (wait.scope === scope.key) call.settle(result);
    },
    get size() {
      return size;
    },
  };
}

function openCall(id: JsonRpcId, method: string, forget: () => void): OpenCall {
  let permits: readonly Permit[] = [];
  let settled = false;
  let cancelled = false;
  const call: OpenCall = {
    id,
    method,
    onCancel: null,
    get auditId() {
      return permits[0]?.auditId ?? null;
    },
    get cancelled() {
      return cancelled;
    },
    get settled() {
      return settled;
    },
    permit(granted) {
      permits = granted;
    },
    cancel() {
      if (cancelled || settled) return;
      cancelled = true;
      call.onCancel?.();
    },
    settle(result) {
      if (settled) return;
      settled = true;
      forget();
      for (const permit of permits) permit.finish(result);
    },
  };
  return call;
}

/** Ids 1 and "1" are different ids. */
function idKey(id: JsonRpcId): string {
  return `${typeof id}:${id}`;
}
