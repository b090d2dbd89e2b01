import { z } from "zod";
import { refuseOddName } from "@sark/authentication/config";

/** Of a user, an agent, a tenant or a role. What was recorded of one is asked for by `name`, whatever it holds. */
export const identityName = z.string().min(1).max(256).superRefine(refuseOddName);
