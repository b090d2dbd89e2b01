import {
  PolicyCandidateError,
  type OpenedPolicySet,
  type PolicyCandidate,
  type PolicyWorkbench,
} from "../../domain/policy-sets.ts";
import type { CedarEngine } from "../cedar/cedar-engine.ts";
import { ENTITIES_FILE, SCHEMA_FILE, toPolicyFiles, type PolicyFiles } from "../cedar/policy-files.ts";
import { entriesOf } from "./policy-entries.ts";
import { startCedarWorker, type CedarWorker } from "./start-worker.ts";

/** Tries Cedar policies in threads of their own, each of which ends with what it was opened for. */
export function createCedarWorkbench({ folder }: Pick<CedarEngine, "folder">): PolicyWorkbench {
  function filesOf(candidate: PolicyCandidate): PolicyFiles {
    const inForce = folder.current()?.files ?? null;
    if (candidate.kind === "opa_path") {
      throw new PolicyCandidateError("unsupported", "The policies of this gateway are Cedar's, not OPA's.");
    }
    if (candidate.kind === "files") {
      return toPolicyFiles(new Map([...sharedFiles(inForce, candidate.shares), ...candidate.files]));
    }
    if (inForce === null) {
      throw new PolicyCandidateError("unavailable", "No policies are in force.");
    }
    return inForce;
  }

  async function load(worker: CedarWorker, files: PolicyFiles): Promise<OpenedPolicySet> {
    const response = await worker.ask({ kind: "load", files });
    if (response.kind === "invalid") {
      const { problems } = response;
      throw new PolicyCandidateError("invalid", summaryOf(problems), { problems });
    }
    const { policies, warnings } = response as Extract<typeof response, { kind: "loaded" }>;
    return {
      engine: "cedar",
      revision: files.digest,
      policies,
      warnings,
      async evaluate(cases) {
        const evaluated = await worker.ask({ kind: "evaluate", cases: JSON.stringify(cases) });
        return (evaluated as Extract<typeof evaluated, { kind: "evaluated" }>).results;
      },
      close: () => worker.close(),
    };
  }

  return {
    inForce() {
      const set = folder.current();
      return {
        engine: "cedar",
        revision: set?.revision ?? null,
        loadedAt: set?.loadedAt ?? null,
        policies: set === null ? [] : entriesOf(set),
        warnings: set?.warnings ?? [],
        failure: folder.failure(),
        opaPath: null,
      };
    },
    revisionOf: (candidate) => filesOf(candidate).digest,
    async open(candidate, signal) {
      const files = filesOf(candidate);
      const worker = startCedarWorker(signal);
      try {
        return await load(worker, files);
      } catch (error) {
        await worker.close();
        throw error;
      }
    },
  };
}

const FILE_OF = { schema: SCHEMA_FILE, entities: ENTITIES_FILE } as const;

function sharedFiles(
  inForce: PolicyFiles | null,
  shares: readonly (keyof typeof FILE_OF)[],
): [string, string][] {
  return shares.flatMap((part): [string, string][] => {
    const text = inForce?.[part] ?? null;
    return text === null ? [] : [[FILE_OF[part], text]];
  });
}

function summaryOf(problems: PolicyCandidateError["problems"]): string {
  const [first] = problems;
  if (first === undefined) {
    return "The policies cannot be used.";
  }
  const { file, line, message } = first;
  const place = file === null ? "" : line === null ? `${file}: ` : `${file}:${line}: `;
  return `${place}${message}${problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`}`;
}
