export { normalAddress } from "./addresses.ts";
export {
  type Authenticated,
  type CallerSource,
  type SentCredentials,
  createAuthenticated,
  credentialHeaders,
} from "./authenticated.ts";
export { type ShareLimits, createCallerShares } from "./caller-shares.ts";
export { checkHead } from "./check-head.ts";
export { type ClientAddress, createClientAddress, readSubnet } from "./client-address.ts";
export { closeAfter, leaveUnread, trackConnections } from "./connections.ts";
export { correlate, registerCorrelation } from "./correlation.ts";
export { createCors } from "./cors.ts";
export { type ServerDrain, createServerDrain } from "./drain.ts";
export { ERROR_OBJECT } from "./error-object.ts";
export { type FailureLimits, createFailureLimit } from "./failure-limit.ts";
export { type ErrorFormat, HttpFailure, type HttpFailureOptions } from "./http-failure.ts";
export { readJsonBody } from "./json-body.ts";
export { isUtf8Json } from "./json-type.ts";
export { createOriginGuard } from "./origin.ts";
export { pieces } from "./pieces.ts";
export { checkQueryEncoding } from "./query-encoding.ts";
export { ClientLeft, readBody } from "./read-body.ts";
export { type RequestSlot, createRequestSlot } from "./request-slot.ts";
export { clientSignal, sendResponse } from "./reply.ts";
export { type HttpLimits, checkRequest, createHttpServer, toHttpFailure } from "./server.ts";
export { watchStalledReaders } from "./stalled-readers.ts";
export { tlsCheck } from "./tls/health-check.ts";
export { type ListenerTls, type TlsObserver, openListenerTls } from "./tls/listener-tls.ts";
export { refuseUnreadable } from "./unreadable.ts";
export { serveUpgrades, takeConnection } from "./upgrades.ts";
