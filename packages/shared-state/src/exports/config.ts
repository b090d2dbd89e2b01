export { redisSchema, type RedisSettings } from "../config.ts";
