export { refuseOddName, refuseOddNames } from "../identity-name.ts";
export { DEFAULT_CLAIMS } from "../jwt/claims.ts";
export { issuersSchema } from "../jwt/config.ts";
export { SCOPE } from "../jwt/scope.ts";
