import { command, group } from "../../frame/command-table.ts";

export const dashboardCommands = group("Dashboards of a Grafana", {
  push: command(
    "Put the dashboards into a Grafana, by its HTTP API",
    async () => (await import("./push.ts")).pushCommand,
  ),
});
