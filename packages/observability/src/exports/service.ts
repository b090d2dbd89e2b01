export {
  createObservability,
  type Observability,
  type ObservabilityOptions,
} from "../service/create-observability.ts";
export {
  createInstruments,
  type Instruments,
  type InstrumentsOptions,
  type LoggingSettings,
  type ServiceIdentity,
  type TracingSettings,
} from "../service/create-instruments.ts";
export { type RequestHandler } from "../service/http/serve-requests.ts";
export {
  createRequestSpans,
  setFailure,
  setRoute,
  type RequestSpans,
  type ServedRequest,
} from "../service/http/request-spans.ts";
export {
  createLogLevelControl,
  type LevelChange,
  type LevelInForce,
  type LevelsShown,
  type LogLevelControl,
  type LogLevelObserver,
} from "../logging/level-control/log-level-control.ts";
export { createLevelSignal, type LevelSignalObserver } from "../logging/level-control/level-signal.ts";
