import type { Worker } from "node:cluster";
import { backoffMs } from "@sark/observability/waiting";
import type { Json } from "@sark/json";
import type { GroupTopic } from "../domain/process-group.ts";
import type { FromPrimary, FromWorker } from "./messages.ts";
import type { ExitCode, WorkersObserver } from "./observer.ts";
import { createQuestions, type Respondent } from "./questions.ts";
import { relayLines } from "./relay-lines.ts";

/** A worker that ended is followed by the next one after this, and later each time that one does not last. */
const RESTART = { baseMs: 1_000, maxMs: 30_000, jitter: "none" } as const;
/** One that has served for so long is not one that cannot start. */
const LASTS_MS = 60_000;
/** A worker that was told twice to end, and does not, is killed. */
const LAST_CHANCE_MS = 2_000;

/** Of a process that was told twice to end, and did not wait. */
const NOT_WAITED: ExitCode = 130;

export interface Supervisor {
  /** Starts the first worker, which sets up what all share, and then the others. Resolves to its welcome when all serve. */
  start(): Promise<string>;
  /** Passes on the signal. Resolves when no worker is left. Again: those that do not end are killed. */
  end(signal: NodeJS.Signals): Promise<ExitCode>;
  /** Sends a signal on to the workers that serve; it means nothing to those that still start. */
  passOn(signal: NodeJS.Signals): void;
}

export class WorkerFailedToStart extends Error {
  override readonly name = "WorkerFailedToStart";
  readonly exitCode: ExitCode;
  constructor(exitCode: ExitCode) {
    super("a worker ended before it served");
    this.exitCode = exitCode;
  }
}

interface Place {
  readonly worker: number;
  running: { readonly process: Worker; ready: boolean; since: number; readonly over: Promise<void> } | null;
  failures: number;
  restart: NodeJS.Timeout | undefined;
}

/** Keeps `count` workers running, and passes on what they ask each other. */
export function createSupervisor(deps: {
  readonly count: number;
  fork(): Worker;
  /** What the worker of this number starts with. */
  orders(worker: number): FromPrimary;
  readonly observer: WorkersObserver;
}): Supervisor {
  const { count, fork, orders, observer } = deps;
  const places = Array.from({ length: count }, (_, index): Place => {
    return { worker: index + 1, running: null, failures: 0, restart: undefined };
  });
  const questions = createQuestions();
  /** What was asked last of topics whose question concerns workers that start later, too. */
  const lasting = new Map<GroupTopic, Json>();
  let started = false;
  let ending = 0;
  let worst: ExitCode = 0;
  let onReady: (place: Place, welcome: string) => void = () => undefined;
  let onFailedStart: (code: ExitCode) => void = () => undefined;

  const respondents = (): Respondent[] =>
    places.flatMap(({ worker, running }) =>
      running === null ? [] : [{ worker, send: (message) => send(running.process, message) }],
    );

  function open(place: Place): void {
    const child = fork();
    const outputs = [child.process.stdout, child.process.stderr] as const;
    const relayed = outputs.map((stream, index) =>
      stream === null ? Promise.resolve() : relayLines(stream, index === 0 ? 1 : 2),
    );
    const exited = new Promise<ExitCode>((resolve) => {
      child.once("exit", (code: number | null) => resolve(code ?? 1));
    });
    const over = Promise.all([exited, ...relayed]).then(([code]) => closed(place, code));
    place.running = { process: child, ready: false, since: performance.now(), over };
    child.on("message", (message: FromWorker) => void heard(place, child, message));
    child.on("error", (error) => observer.unreachable(place.worker, error));
    send(child, orders(place.worker));
  }

  async function heard(place: Place, child: Worker, message: FromWorker): Promise<void> {
    switch (message.type) {
      case "ready":
        if (place.running !== null) {
          place.running.ready = true;
        }
        observer.serving(place.worker, child.process.pid);
        remind(place);
        onReady(place, message.welcome);
        return;
      case "ask": {
        const { id, topic, question } = message;
        if (message.lasting) {
          lasting.set(topic, question);
        }
        const responses = await questions.ask(topic, question, respondents());
        send(child, { type: "responses", id, responses });
        return;
      }
      case "response":
        questions.responded(place.worker, message.id, message.response);
        return;
      case "failed":
        questions.responded(place.worker, message.id, undefined);
    }
  }

  function remind({ worker }: Place): void {
    for (const [topic, question] of lasting) {
      void questions.ask(
        topic,
        question,
        respondents().filter((one) => one.worker === worker),
      );
    }
  }

  function closed(place: Place, code: ExitCode): void {
    const { running, worker } = place;
    place.running = null;
    questions.left(worker);
    if (ending > 0) {
      worst = Math.max(worst, code);
      if (code !== 0) {
        observer.endedBadly(worker, code);
      }
      return;
    }
    // One that served is replaced, also while others still start: clients are connected to them.
    if (!started && running?.ready !== true) {
      onFailedStart(code);
      return;
    }
    const lasted = running?.ready === true && performance.now() - running.since >= LASTS_MS;
    place.failures = lasted ? 1 : place.failures + 1;
    const waitMs = backoffMs(place.failures, RESTART);
    observer.ended(worker, code, waitMs);
    place.restart = setTimeout(() => open(place), waitMs);
  }

  function startOne(place: Place): Promise<string> {
    return new Promise((resolve) => {
      const before = onReady;
      onReady = (readied, welcome) => {
        before(readied, welcome);
        if (readied === place) {
          resolve(welcome);
        }
      };
      open(place);
    });
  }

  return {
    async start() {
      const failed = new Promise<never>((_resolve, reject) => {
        onFailedStart = (code) => reject(new WorkerFailedToStart(code));
      });
      const [first, ...others] = places;
      if (first === undefined) {
        throw new RangeError("there is no worker to start");
      }
      const welcome = await Promise.race([startOne(first), failed]);
      await Promise.race([Promise.all(others.map(startOne)), failed]);
      started = true;
      onReady = () => undefined;
      return welcome;
    },
    passOn(signal) {
      for (const { running } of places) {
        if (running?.ready === true) {
          running.process.process.kill(signal);
        }
      }
    },
    async end(signal) {
      ending += 1;
      const running = places.flatMap((place) => {
        clearTimeout(place.restart);
        return place.running === null ? [] : [place.running];
      });
      for (const { process: child } of running) {
        child.process.kill(signal);
      }
      if (ending > 1) {
        setTimeout(
          () => running.forEach(({ process: child }) => child.process.kill("SIGKILL")),
          LAST_CHANCE_MS,
        );
      }
      await Promise.all(running.map(({ over }) => over));
      return ending > 1 ? NOT_WAITED : worst;
    },
  };
}

/** False for one that has ended; then it is known by its exit. */
function send(worker: Worker, message: FromPrimary): boolean {
  return worker.isConnected() && worker.send(message, () => undefined);
}
