import { strace } from "./system-calls.ts";

const READS = ["read", "readv", "recvfrom", "recvmsg", "pread64"];
const WRITES = ["write", "writev", "sendto", "sendmsg", "sendmmsg", "pwrite64", "pwritev"];

/** How often a process read and wrote data between one request of its client and the next. */
export interface Transfers {
  readonly reads: number;
  readonly writes: number;
}

/**
 * The transfers of each call that a client of the server at `port` makes while `work` runs, one after another. The last one, whose
 * end nothing marks, is not among them.
 */
export async function traceTransfers(
  pid: number,
  port: number,
  work: () => Promise<unknown>,
): Promise<readonly Transfers[]> {
  const options = ["-yy", "-s", "0", "-e", `trace=${[...READS, ...WRITES].join(",")}`];
  return parseTransfers(await strace(pid, options, work), port);
}

/**
 * What strace writes with `-f -yy`, a line for each system call, or two where another thread called in between. Left out is what
 * found nothing to read, and what wakes up threads of the process itself: how often that is depends on who waits when.
 */
export function parseTransfers(trace: string, port: number): readonly Transfers[] {
  const calls: { reads: number; writes: number }[] = [];
  const unfinished = new Map<string, Transfer>();
  for (const line of trace.split("\n")) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const transfer = transferOf(rest) ?? unfinished.get(thread);
    if (transfer === undefined) {
      continue;
    }
    if (rest.endsWith("<unfinished ...>")) {
      unfinished.set(thread, transfer);
      continue;
    }
    unfinished.delete(thread);
    if (!/ = [1-9]\d*$/.test(rest) || transfer.target.includes("[eventfd]")) {
      continue;
    }
    const isRead = READS.includes(transfer.name);
    if (isRead && transfer.target.startsWith(`TCP:[127.0.0.1:${port}->`)) {
      calls.push({ reads: 0, writes: 0 });
    }
    const call = calls.at(-1);
    if (call !== undefined) {
      call[isRead ? "reads" : "writes"] += 1;
    }
  }
  return calls.slice(0, -1);
}

interface Transfer {
  readonly name: string;
  /** What the descriptor refers to, as strace spells it: `TCP:[127.0.0.1:1->127.0.0.1:2]`, a path. */
  readonly target: string;
}

function transferOf(line: string): Transfer | undefined {
  const [, name, target] = /^(\w+)\(\d+<(.*?)>[,)]/.exec(line) ?? [];
  return name === undefined || target === undefined ? undefined : { name, target };
}

/**
 * What a call takes while nothing else happens: of four calls, one takes no more. The others hold what the process does besides, or
 * came in pieces: more of them on a busy machine.
 */
export function quartile(calls: readonly Transfers[]): Transfers {
  const of = (key: keyof Transfers) =>
    calls.map((call) => call[key]).toSorted((a, b) => a - b)[Math.floor(calls.length / 4)] ?? Number.NaN;
  return { reads: of("reads"), writes: of("writes") };
}
