import { defineEndpoints } from "@sark/http-api";
import type { Caller } from "../../domain/governance.ts";
import type { HttpErrorCode } from "../../transport/errors.ts";
import type { Role } from "../../domain/roles.ts";

/** What the gateway's table is made of. */
export interface GatewayService {
  readonly caller: Caller;
  readonly role: Role;
  readonly error: HttpErrorCode;
}

/** The words that endpoints of the gateway are written down with; `Api` is what their handlers work on. */
export const gatewayEndpoints = <Api>() => defineEndpoints<GatewayService, Api>();
