import { wait } from "@sark/observability/waiting";
import { unitOfWork } from "@sark/testkit";
import { send } from "../support/requests.ts";
import { mainThreadTime, processFigures, type ProcessFigures } from "../support/process-figures.ts";
import type { HostileCase } from "./cases/case.ts";
import { checkGovernedCalls } from "./checks/governed-calls.ts";
import { leakedSecrets, logProblems } from "./checks/log-lines.ts";
import { metricsProblems, total } from "./checks/metrics.ts";
import { reasonOf, responseProblems } from "./checks/responses.ts";
import { openSessions } from "./sessions.ts";
import { slowCases } from "./cases/slow.ts";
import { exchange, type Sent } from "./wire/exchange.ts";
import { readResponses } from "./wire/read-responses.ts";
import { startWorld, type WorldOptions } from "./world/start-world.ts";

/** What was sent and seen so far. */
export interface Tally {
  readonly cases: number;
  /** Responses, by the reason of an error or else by status. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Calls of tools that servers got, each with an intent. */
  readonly calls: number;
  /** The longest that one group kept the main thread, in milliseconds of its processor time. */
  readonly longestMs: number;
  readonly figures: ProcessFigures;
}

export interface Attack {
  /** Sends all at the same time, and returns what is wrong afterwards. */
  send(cases: readonly HostileCase[]): Promise<string[]>;
  /** Looks at what is not looked at each time. */
  look(): Promise<string[]>;
  /** Waits until nothing is left of what was sent, and returns what is. */
  settle(): Promise<string[]>;
  tally(): Tally;
  kill(): void;
  close(): Promise<void>;
}

/** Beyond what it has at the start: connections to its database and its servers. */
const MORE_DESCRIPTORS = 100;
const MORE_MEMORY = 400 * 2 ** 20;
/** So many units of work, a tenth of a second each on a quiet machine, may a group of cases take of the main thread. */
const MOST_UNITS = 10;
/** After which nothing may be left of a request: longer than each time limit of the gateway. */
const SETTLED_MS = 60_000;

export async function startAttack(options: Omit<WorldOptions, "received">): Promise<Attack> {
  const governed = checkGovernedCalls(options.databaseUrl);
  const world = await startWorld({
    ...options,
    received: ({ server, body }) => governed.check(server, body.toString("utf8")),
  });
  const { gateway, secrets } = world;
  const allowed = MOST_UNITS * unitOfWork();
  const reasons: Record<string, number> = {};
  let cases = 0;
  let longestMs = 0;
  let piped = 0;
  let sessions = await openSessions(gateway.url, world.tokens);
  const start = processFigures(gateway.pid);

  function filled(text: string): string {
    return text
      .replaceAll(
        /\{token:(\w+)\}/g,
        (all, name: string) => (world.tokens as Record<string, string>)[name] ?? all,
      )
      .replaceAll(/\{session:(\w+)\}/g, (all, name: string) => sessions[name] ?? all)
      .replaceAll("{key}", world.apiKey);
  }

  async function sendOne(one: HostileCase, patient = false): Promise<string[]> {
    const pieces = one.pieces.map((piece) => Buffer.from(filled(piece), "latin1"));
    const sent: Sent = { pieces, whole: one.whole || patient };
    cases += 1;
    const { bytes, cut } = await exchange(gateway.url, sent);
    const responses = readResponses(bytes, one.toHead ?? false);
    for (const reason of responses.map(reasonOf)) {
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    }
    const missing = responses.length === 0 && sent.whole && !cut ? ["there is no response"] : [];
    const leaked = leakedSecrets(bytes.toString("latin1"), secrets).map(
      (name) => `a response has the secret ${name}`,
    );
    const wrong = responses.flatMap((response) =>
      responseProblems(response, one).map(
        (problem) => `${problem}: ${response.status} ${response.body.slice(0, 500)}`,
      ),
    );
    return [...missing, ...leaked, ...wrong];
  }

  /** What must hold at any time. */
  async function standing(): Promise<string[]> {
    const lines = gateway.takeLines();
    const leaked = lines.flatMap((line) =>
      leakedSecrets(line, secrets).map((name) => `the log has the secret ${name}: ${line.slice(0, 500)}`),
    );
    const all = world.stdioLines();
    for (const line of all.slice(piped)) {
      await governed.check("piped", line);
    }
    piped = all.length;
    const ended = gateway.ended();
    return [
      ...(ended === null ? [] : [`the gateway ended (${ended}): ${gateway.stderr().slice(-2_000)}`]),
      ...logProblems(lines),
      ...leaked,
      ...governed.takeProblems(),
    ];
  }

  async function scrape(): Promise<string> {
    const headers = { authorization: `Bearer ${world.tokens.prometheus}` };
    const { text } = await send(gateway.url, { method: "GET", path: "/metrics", headers });
    return text;
  }

  async function figuresProblems(): Promise<string[]> {
    const page = await scrape();
    const { memory, descriptors } = processFigures(gateway.pid);
    return [
      ...metricsProblems(page),
      ...leakedSecrets(page, secrets).map((name) => `the metrics have the secret ${name}`),
      ...(descriptors > start.descriptors + MORE_DESCRIPTORS
        ? [`${descriptors} descriptors, ${start.descriptors} before`]
        : []),
      ...(memory > start.memory + MORE_MEMORY ? [`${memory} bytes of memory, ${start.memory} before`] : []),
    ];
  }

  return {
    async send(group) {
      const before = mainThreadTime(gateway.pid);
      const problems = await Promise.all(
        group.map((one) => sendOne(one).catch((error: unknown) => [(error as Error).message])),
      );
      const held = await standing();
      const tookMs = gateway.ended() === null ? mainThreadTime(gateway.pid) - before : 0;
      longestMs = Math.max(longestMs, tookMs);
      // The machine may have become slower since: what is too long for then is compared with now.
      const most = tookMs > allowed ? Math.max(allowed, MOST_UNITS * unitOfWork()) : allowed;
      const blocked = tookMs > most ? [`the main thread was kept for ${tookMs} ms, of ${most} ms`] : [];
      return [...problems.flat(), ...held, ...blocked];
    },
    async look() {
      sessions = await openSessions(gateway.url, world.tokens);
      const slow = await Promise.all(slowCases().map((one) => sendOne(one, true)));
      return [...slow.flat(), ...(await figuresProblems()), ...(await standing())];
    },
    async settle() {
      const until = performance.now() + SETTLED_MS;
      for (;;) {
        const page = await scrape();
        const left = {
          // That of this very request.
          connections: total(page, "sark_gateway_active_connections") - 1,
          requests: total(page, "sark_gateway_requests_in_flight") - 1,
          streams: total(page, "sark_gateway_open_streams"),
        };
        if (left.connections <= 0 && left.requests <= 0 && left.streams === 0) {
          return [...(await figuresProblems()), ...(await standing())];
        }
        if (performance.now() > until) {
          return [`left of what was sent: ${JSON.stringify(left)}`, ...(await standing())];
        }
        await wait(50);
      }
    },
    tally: () => ({
      cases,
      reasons: { ...reasons },
      calls: governed.seen,
      longestMs,
      figures: gateway.ended() === null ? processFigures(gateway.pid) : start,
    }),
    kill: () => gateway.kill("SIGKILL"),
    async close() {
      await world.close();
      await governed.close();
    },
  };
}
