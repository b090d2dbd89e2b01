import type { PolicyCaseResult, PolicyEntry, PolicyProblem } from "../../domain/policy-sets.ts";
import type { PolicyFiles } from "../cedar/policy-files.ts";

/** What the worker is told to do; it responds to each request with one response. */
export type WorkerRequest =
  | { readonly kind: "load"; readonly files: PolicyFiles }
  /** JSON text of `PolicyCase[]`: numbers that no double holds do not survive being cloned. */
  | { readonly kind: "evaluate"; readonly cases: string };

export type WorkerResponse =
  | {
      readonly kind: "loaded";
      readonly policies: readonly PolicyEntry[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: "invalid"; readonly problems: readonly PolicyProblem[] }
  | { readonly kind: "evaluated"; readonly results: readonly PolicyCaseResult[] };
