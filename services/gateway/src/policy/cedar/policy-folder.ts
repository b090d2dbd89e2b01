import { readSettled, watchFolder } from "@sark/observability/files";
import type { PolicyObserver } from "../observer.ts";
import { PolicyLoadError } from "./load-error.ts";
import { printPolicyFiles, readPolicyFiles, type PolicyFiles } from "./policy-files.ts";
import { loadPolicySet, type PolicySet } from "./policy-set.ts";

/** The policies of a folder, kept up to date with it. */
export interface PolicyFolder {
  /** What is in force; `null` until a first set could be loaded. */
  current(): PolicySet | null;
  /** Why what is on disk is not in force; `null` when it is. */
  failure(): LoadFailure | null;
  close(): void;
}

export interface LoadFailure {
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * Loads the folder and follows its changes. A set that cannot be loaded leaves the one before it in force,
 * and is reported once, with file and line.
 */
export async function openPolicyFolder(options: {
  readonly directory: string;
  /** Name under which Cedar holds the set. */
  readonly name: string;
  readonly observer: PolicyObserver;
  readonly pollMs?: number;
}): Promise<PolicyFolder> {
  const { directory, name, observer } = options;
  let current: PolicySet | null = null;
  let failure: LoadFailure | null = null;
  /** Tells the newest attempt from the next one. */
  let attempted: string | null = null;

  async function reload(): Promise<void> {
    const reading = await readSettled(
      () => readPolicyFiles(directory),
      ({ digest }) => digest,
      attempted,
    );
    if (reading.print === attempted) {
      return;
    }
    attempted = reading.print;
    if ("error" in reading) {
      failed(reading.error);
    } else {
      load(reading.value);
    }
  }

  function load(files: PolicyFiles): void {
    const started = performance.now();
    try {
      // Where an edit was taken back, what is in force is what is on disk.
      if (files.digest !== current?.revision) {
        current = loadPolicySet(name, files);
      }
    } catch (error) {
      failed(error);
      return;
    }
    failure = null;
    observer.loaded({
      engine: "cedar",
      revision: current.revision,
      policies: current.policies.size,
      seconds: (performance.now() - started) / 1000,
      warnings: current.warnings,
    });
  }

  function failed(error: unknown): void {
    const problem =
      error instanceof PolicyLoadError ? error : new PolicyLoadError({ file: null }, String(error));
    const { file, line } = problem.cause instanceof PolicyLoadError ? problem.cause : problem;
    failure = { message: problem.message, file, line, at: Date.now() };
    observer.loadFailed({
      engine: "cedar",
      file,
      line,
      message: problem.message,
      revisionInForce: current?.revision ?? null,
    });
  }

  await reload();
  const watcher = watchFolder(directory, reload, {
    print: () => printPolicyFiles(directory),
    ...(options.pollMs === undefined ? {} : { pollMs: options.pollMs }),
  });
  return { current: () => current, failure: () => failure, close: () => watcher.close() };
}
