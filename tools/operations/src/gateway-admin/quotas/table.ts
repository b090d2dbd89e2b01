import { command, group } from "../../frame/command-table.ts";

export const quotaCommands = group("What calls cost, and what users, agents and tenants may spend", {
  show: command(
    "Show prices and budgets, or how those of a user, an agent or a tenant stand",
    async () => (await import("./show.ts")).showCommand,
  ),
  reset: command(
    "Let budgets begin anew in this period",
    async () => (await import("./change.ts")).resetCommand,
  ),
  adjust: command(
    "Add to what of a budget is used, or give some of it back",
    async () => (await import("./change.ts")).adjustCommand,
  ),
});
