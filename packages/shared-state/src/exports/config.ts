export { redisSchema } from "../config.ts";
