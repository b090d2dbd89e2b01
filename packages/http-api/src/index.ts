export { EVERY_CALLER, isPermitted, PUBLIC, type Access, type Privilege, type Roles } from "./access.ts";
export { defineEndpoints, type Definition } from "./define.ts";
export {
  respond,
  type DeniedRequest,
  type Endpoint,
  type EndpointGroup,
  type EndpointRequest,
  type EndpointResponse,
  type Input,
  type Method,
  type Service,
} from "./endpoint.ts";
export { EndpointError, type EndpointErrorCode } from "./errors.ts";
export { varies, variesFreely, type Example, type Varying } from "./examples/example.ts";
export { documentedAs } from "./openapi/json-schema.ts";
export {
  bytes,
  empty,
  json,
  stream,
  text,
  upgrade,
  type Output,
  type Outputs,
  type TakenConnection,
} from "./output.ts";
export type { AskedEndpoint, RouteOptions } from "./routes/options.ts";
export { registerEndpoints, type ApiOf } from "./routes/register.ts";
export { parseInput } from "./routes/read-input.ts";
export { refuseOtherRoutes } from "./routes/undeclared.ts";
