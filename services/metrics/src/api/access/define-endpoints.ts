import { defineEndpoints } from "@sark/http-api";
import type { Caller } from "../../domain/caller.ts";
import type { Role } from "../../domain/roles.ts";
import type { HttpErrorCode } from "../../errors/http-errors.ts";

/** What the table of the service is made of. */
export interface MetricsService {
  readonly caller: Caller;
  readonly role: Role;
  readonly error: HttpErrorCode;
}

/** The words that endpoints are written down with; `Api` is what their handlers work on. */
export const metricsEndpoints = <Api>() => defineEndpoints<MetricsService, Api>();
