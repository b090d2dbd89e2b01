import { matchesGlob } from "node:path";
import { parseSync, Visitor } from "oxc-parser";
import { lineOf } from "../line-of.ts";

/** The rooms that count and log: everyone else tells them what happened, in a typed call. */
const ROOMS = ["packages/observability/src/**", "{packages,services}/*/src/**/telemetry/**"];
const OF_TESTS = /\.test\.ts$|\/testing(?:\/|\.ts$)|^packages\/testkit\//;

/** Methods of recorders and loggers that nothing else here has, whatever the variable is called. */
const RECORDING = new Set(["increment", "onCollect", "introduce"]);
const LOGGING = new Set(["trace", "debug", "info", "warn", "error", "fatal"]);
/** What makes a recorder, or a logger. */
const MAKERS = new Set([
  "createInstruments",
  "createLogger",
  "createObservability",
  "createRecorder",
  "limitLines",
]);
/** What has methods of the same name and is neither. */
const OTHERS = new Set(["console", "Response"]);

/**
 * One line for each place where code outside of `telemetry/` counts, logs, makes what does so, or names a metric (MET-12):
 * then a domain event is missing.
 */
export function telemetryCalls(file: string, text: string, metrics: ReadonlySet<string>): string[] {
  if (OF_TESTS.test(file) || ROOMS.some((room) => matchesGlob(file, room))) {
    return [];
  }
  const { program, errors } = parseSync(file, text);
  if (errors[0] !== undefined) {
    throw new Error(`${file}: ${errors[0].message}`);
  }
  const found: string[] = [];
  const report = (at: number, what: string): void => {
    found.push(
      `${file}:${lineOf(text, at)}: ${what}; emit a domain event, and have telemetry/ count and log it`,
    );
  };
  new Visitor({
    CallExpression({ callee, start }) {
      if (callee.type === "Identifier" && MAKERS.has(callee.name)) {
        report(start, `calls ${callee.name}`);
      }
    },
    MemberExpression(member) {
      const method = nameOf(member.property);
      const receiver = nameOf(member.object);
      if (method === null || (receiver !== null && OTHERS.has(receiver))) {
        return;
      }
      if (RECORDING.has(method)) {
        report(member.start, `records by ${method}()`);
      } else if (LOGGING.has(method) && isCalledOrLogger(text, member.end, receiver)) {
        report(member.start, `logs by ${method}()`);
      }
    },
    Literal({ value, start }) {
      if (typeof value === "string" && metrics.has(value)) {
        report(start, `names the metric ${value}`);
      }
    },
  }).visit(program);
  return found;
}

/** The methods of loggers are common names: of members that are only read, those of a logger count. */
function isCalledOrLogger(text: string, end: number, receiver: string | null): boolean {
  return /^\s*(?:\?\.)?\(/.test(text.slice(end, end + 40)) || /log(?:ger)?$/i.test(receiver ?? "");
}

/** The last name of an expression: `logger` of `telemetry.logger`, and of `this.logger`. */
function nameOf(node: { readonly type: string }): string | null {
  if (node.type === "Identifier" || node.type === "PrivateIdentifier") {
    return (node as unknown as { readonly name: string }).name;
  }
  if (node.type === "Literal") {
    const { value } = node as unknown as { readonly value: unknown };
    return typeof value === "string" ? value : null;
  }
  return node.type === "MemberExpression"
    ? nameOf((node as unknown as { readonly property: { readonly type: string } }).property)
    : null;
}
