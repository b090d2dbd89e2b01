import type { CallScope } from "./call-scope.ts";
import type { Identity } from "@sark/authentication";

/** Who calls: what authentication found out, and all that policy, audit and metrics may know of it. */
export interface Principal extends Identity {
  /** What the credential is for alone; absent: whatever policy permits. Who speaks for the caller has the same. */
  readonly scope?: CallScope;
}

/** What authentication found out of one request. */
export interface Authenticated {
  readonly principal: Principal;
  /** Names the credential for the record: `api_key:<id>`, `jwt:<issuer> jti=<id>`, `certificate:<authority> sha256=<hex>`. Never the secret. */
  readonly credential: string;
}
