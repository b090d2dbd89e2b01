import { within } from "@sark/observability/waiting";
import fc from "fast-check";
import { describeCases } from "./describe-cases.ts";
import { startAttack, type Attack, type Tally } from "./attack.ts";
import type { HostileCase } from "./cases/case.ts";
import { mcpCase } from "./cases/mcp.ts";
import { headCase, rawCase } from "./cases/raw.ts";
import { restCase } from "./cases/rest.ts";
import type { WorldOptions } from "./world/start-world.ts";

export interface FuzzOptions extends Pick<WorldOptions, "databaseUrl" | "program"> {
  readonly seed: number;
  /** Of a run that failed, to have what it found at once. */
  readonly path?: string;
  /** The run ends after so many groups of cases … */
  readonly groups: number;
  /** … or after this time, in milliseconds. */
  readonly timeMs?: number;
  progress?(tally: Tally): void;
}

export interface FuzzReport extends Tally {
  /** What was found, and how to find it again; `null` where nothing was. */
  readonly failure: string | null;
}

/** Cases of one group are sent at the same time. */
const MOST_AT_ONCE = 10;
/** Groups between two looks at figures, sessions and slow clients. */
const LOOK_EVERY = 100;

const anyCase: fc.Arbitrary<HostileCase> = fc.oneof(
  { weight: 6, arbitrary: mcpCase },
  { weight: 4, arbitrary: restCase },
  { weight: 2, arbitrary: headCase },
  { weight: 3, arbitrary: rawCase },
);
const group = fc.array(anyCase, { minLength: 1, maxLength: MOST_AT_ONCE, size: "max" });

/** Attacks a gateway with what the seed decides, and looks after each group whether all still holds that must. */
export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const attack = await startAttack(options);
  let groups = 0;
  try {
    const run = fc.asyncProperty(group, async (cases) => {
      const problems = await attack.send(cases);
      groups += 1;
      if (groups % LOOK_EVERY === 0) {
        problems.push(...(await attack.look()));
        options.progress?.(attack.tally());
      }
      if (problems.length > 0) {
        throw new Error(problems.join("\n"));
      }
    });
    const details = await fc.check(run, {
      seed: options.seed,
      numRuns: options.groups,
      ...(options.path === undefined ? {} : { path: options.path }),
      ...(options.timeMs === undefined
        ? {}
        : { interruptAfterTimeLimit: options.timeMs, markInterruptAsFailure: false }),
    });
    if (details.failed) {
      const { counterexample, counterexamplePath, errorInstance } = details;
      const [cases = []] = counterexample ?? [];
      const again = `--seed ${options.seed} --path ${counterexamplePath ?? ""}`;
      return {
        ...attack.tally(),
        failure: `${String(errorInstance)}\n${describeCases(cases)}\nAgain: npm run fuzz -- ${again}`,
      };
    }
    const left = await attack.settle();
    return { ...attack.tally(), failure: left.length === 0 ? null : left.join("\n") };
  } finally {
    await close(attack);
  }
}

/** What was found is told, also where the gateway does not end any more. */
async function close(attack: Attack): Promise<void> {
  if ((await within(60_000, attack.close(), null)) === null) {
    attack.kill();
  }
}
