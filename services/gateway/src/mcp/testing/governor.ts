import type { Caller, CallResult, Governor, McpCall, Permit, Refusal } from "../../domain/governance.ts";

/** One decision that was asked for, and what was reported about it afterwards. */
interface Decided {
  readonly call: McpCall;
  readonly caller: Caller;
  readonly auditId: string;
  readonly allowed: boolean;
  /** Every result that was reported; a good endpoint reports one. */
  readonly results: CallResult[];
}

export interface TestGovernor extends Governor {
  readonly decided: Decided[];
  /** Of the governed kinds only. */
  calls(method?: string): Decided[];
}

export interface GovernorRules {
  /** A reason code denies. */
  deny?(call: McpCall, caller: Caller): string | null;
  hide?(target: string, caller: Caller): boolean;
  filter?(call: McpCall): Permit["filteredArguments"];
  readonly trace?: Permit["traceContext"];
  /** Waited for before every decision. */
  before?(call: McpCall): Promise<void>;
}

/** A governor in memory: allows all but what the rules deny, and remembers everything. */
export function testGovernor(rules: GovernorRules = {}): TestGovernor {
  const decided: Decided[] = [];
  return {
    decided,
    calls: (method) =>
      decided.filter(({ call }) => (method === undefined ? call.kind !== "session" : call.method === method)),
    async begin(call, caller): Promise<Permit | Refusal> {
      await rules.before?.(call);
      const auditId = `audit-${decided.length + 1}`;
      const audit = { id: auditId, seq: decided.length, leafHash: "ab".repeat(32) };
      const code = rules.deny?.(call, caller) ?? null;
      const entry: Decided = { call, caller, auditId, allowed: code === null, results: [] };
      decided.push(entry);
      if (code !== null) {
        return { allowed: false, audit, code, reason: `${caller.principal.id} may not do this.` };
      }
      return {
        allowed: true,
        audit,
        filteredArguments: rules.filter?.(call) ?? null,
        traceContext: rules.trace ?? {},
        finish: (result) => void entry.results.push(result),
      };
    },
    visible: (_kind, _server, targets, caller) =>
      Promise.resolve(new Set(targets.filter((target) => rules.hide?.(target, caller) !== true))),
  };
}
