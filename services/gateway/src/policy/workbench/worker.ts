import { parentPort } from "node:worker_threads";
import { parseJson } from "@sark/audit/json";
import type { PolicyCase, PolicyEntry, PolicyProblem } from "../../domain/policy-sets.ts";
import { PolicyLoadError, PolicyLoadErrors } from "../cedar/load-error.ts";
import { loadPolicySet, type PolicySet } from "../cedar/policy-set.ts";
import { evaluateCase } from "./evaluate-case.ts";
import { entriesOf } from "./policy-entries.ts";
import type { WorkerRequest, WorkerResponse } from "./messages.ts";

/** Runs in a thread of its own, which is ended when it takes too long: a set that is tried takes no time of calls. */
const NAME = "candidate";
/** A schema that knows little finds something in every policy. */
const MAX_PROBLEMS = 100;
let set: PolicySet | null = null;

function respondTo(request: WorkerRequest): WorkerResponse {
  if (request.kind === "load") {
    return load(request);
  }
  const loaded = set;
  if (loaded === null) {
    throw new Error("no policy set is loaded");
  }
  const cases = parseJson(request.cases, "any") as PolicyCase[];
  return { kind: "evaluated", results: cases.map((one) => evaluateCase(one, loaded, NAME)) };
}

function load({ files }: Extract<WorkerRequest, { kind: "load" }>): WorkerResponse {
  try {
    set = loadPolicySet(NAME, files);
    const policies: PolicyEntry[] = entriesOf(set);
    return { kind: "loaded", policies, warnings: set.warnings };
  } catch (error) {
    return { kind: "invalid", problems: problemsIn(error).slice(0, MAX_PROBLEMS) };
  }
}

function problemsIn(error: unknown): PolicyProblem[] {
  if (error instanceof PolicyLoadErrors) {
    return error.errors.flatMap(problemsIn);
  }
  return error instanceof PolicyLoadError
    ? [{ file: error.file, line: error.line, message: error.problem }]
    : [{ file: null, line: null, message: `Cedar could not read it (${String(error)})` }];
}

parentPort?.on("message", (request: WorkerRequest) => parentPort?.postMessage(respondTo(request), []));
