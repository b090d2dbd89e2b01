import { send } from "../../support/requests.ts";
import { aside, tokenOf, type Incidents } from "../incident.ts";
import type { World } from "../world.ts";

const add = (world: World, token?: string) => world.call("add", { a: 1, b: 2 }, token);

async function resetBudget(world: World, user: string): Promise<void> {
  const headers = { authorization: `Bearer ${world.gateway.apiKey}` };
  const body = { user, reason: "the incident is over" };
  await send(world.gateway.url, { path: "/admin/v1/quotas/reset", headers, body });
}

/** What calls cost. */
export const costIncidents: Incidents = {
  "budget-used-up": {
    what: "a user spends its budget, and goes on",
    alerts: ["UserQuotaExceeded"],
    strike: aside(async (world) => {
      const spender = await tokenOf(world, "spender");
      return () => add(world, spender);
    }),
  },
  "budget-nearly-used-up": {
    what: "a user spends nine tenths of its budget; then an operator lets it begin anew",
    alerts: ["BudgetThresholdReached"],
    async strike(world) {
      const careful = await tokenOf(world, "careful");
      for (let call = 0; call < 9; call += 1) {
        await add(world, careful);
      }
      return () => resetBudget(world, "careful");
    },
  },
  "costs-rise": {
    what: "after a day of one call in half a second there are a hundred",
    alerts: ["UnusualCost"],
    // A day is a minute.
    scale: 1_440,
    async prepare(world) {
      const stop = world.keep(() => add(world), 1, 500);
      await world.untilSince("sark_gateway_cost_total", 66);
      return stop;
    },
    strike: aside(async (world) => () => add(world), 5, 20),
  },
};
