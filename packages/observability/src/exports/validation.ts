export { validate, type Validated } from "../validation/validate.ts";
