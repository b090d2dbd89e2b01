/**
 * Time limits that a healthy gateway runs into only where the machine stands still, in place of its defaults of a few
 * seconds: a test of what is healthy must not depend on them. A test of such a limit sets its own.
 */
export const UNHURRIED = {
  http: { headersTimeout: "10m", requestTimeout: "10m", stallTimeout: "10m" },
  database: { timeout: "10m" },
  policy: { timeout: "10m" },
  // Warnings about the machine.
  logging: { stalls: "1h", slowStatements: "1h" },
} as const;

/** The same for a gateway of its own process: it counts more than a configuration file. */
export const UNHURRIED_ENVIRONMENT = {
  SARK_HTTP_HEADERS_TIMEOUT: UNHURRIED.http.headersTimeout,
  SARK_HTTP_REQUEST_TIMEOUT: UNHURRIED.http.requestTimeout,
  SARK_HTTP_STALL_TIMEOUT: UNHURRIED.http.stallTimeout,
  SARK_DATABASE_TIMEOUT: UNHURRIED.database.timeout,
  SARK_POLICY_TIMEOUT: UNHURRIED.policy.timeout,
  SARK_LOGGING_STALLS: UNHURRIED.logging.stalls,
  SARK_LOGGING_SLOW_STATEMENTS: UNHURRIED.logging.slowStatements,
} as const;
