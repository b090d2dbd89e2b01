import { median } from "./statistics.ts";

/** Nanoseconds of processor time of one call of each subject: medians of rounds in which each has its turn. */
export async function inTurn<Name extends string>(
  subjects: Readonly<Record<Name, () => void>>,
  options: {
    readonly perRound: number;
    readonly rounds: number;
    /** What each round runs in. */
    around?(act: () => void): void;
    progress(line: string): void;
  },
): Promise<Record<Name, number>> {
  const { perRound, rounds, around = (act) => act(), progress } = options;
  const names = Object.keys(subjects) as Name[];
  const measured = new Map(names.map((name) => [name, [] as number[]]));
  // The first two rounds are the compiler's.
  for (let round = -1; round <= rounds; round += 1) {
    progress(round < 1 ? "warming up …" : `round ${round} of ${rounds} …`);
    for (const name of names) {
      const act = subjects[name];
      const before = process.threadCpuUsage();
      around(() => {
        for (let count = 0; count < perRound; count += 1) {
          act();
        }
      });
      const { user, system } = process.threadCpuUsage(before);
      if (round >= 1) {
        measured.get(name)?.push(((user + system) * 1_000) / perRound);
      }
      await new Promise(setImmediate);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(measured.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}
