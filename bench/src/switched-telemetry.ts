// What stands for the logger, recorder and tracer of `@sark/observability` in `servers/switchable-gateway.ts`: the same, with
// switches.
import { createRequire } from "node:module";
import * as logging from "@sark/observability/logging";
import * as metrics from "@sark/observability/metrics";
import * as tracing from "@sark/observability/tracing";
import { isOff, onSwitch } from "./switches.ts";

export const createLogger: typeof logging.createLogger = (options) => {
  const logger = logging.createLogger(options);
  onSwitch(() => logger.setLevel("*", isOff("lines") ? "fatal" : options.level));
  return logger;
};

export const createRecorder: typeof metrics.createRecorder = (catalog, options) => {
  const recorder = metrics.createRecorder(catalog, options);
  const switched = <A extends readonly unknown[]>(record: (...args: A) => void) => {
    return (...args: A): void => {
      if (!isOff("metrics")) {
        record(...args);
      }
    };
  };
  return {
    ...recorder,
    increment: switched(recorder.increment),
    observe: switched(recorder.observe),
    set: switched(recorder.set),
    adjust: switched(recorder.adjust),
    bindCounter: (...series) => switched(recorder.bindCounter(...series)),
    bindGauge(...series) {
      const { set, adjust } = recorder.bindGauge(...series);
      return { set: switched(set), adjust: switched(adjust) };
    },
  };
};

type Tracer = tracing.Tracing["tracer"];

/** A tracer that makes nothing, of the API that the library uses. */
function idleTracer(): Tracer {
  const observability = createRequire(import.meta.resolve("@sark/observability/tracing"));
  const { ProxyTracerProvider } = observability("@opentelemetry/api") as {
    readonly ProxyTracerProvider: new () => { getTracer(name: string): Tracer };
  };
  return new ProxyTracerProvider().getTracer("off");
}

export const startTracing: typeof tracing.startTracing = (options) => {
  const started = tracing.startTracing(options);
  const idle = idleTracer();
  const now = () => (isOff("traces") ? idle : started.tracer);
  const tracer = {
    startSpan: (...args: Parameters<Tracer["startSpan"]>) => now().startSpan(...args),
    startActiveSpan: (...args: Parameters<Tracer["startActiveSpan"]>) => now().startActiveSpan(...args),
  };
  return { ...started, tracer: tracer as Tracer };
};
