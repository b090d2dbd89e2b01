// Writes the configuration of Alertmanager with the ways to people that the environment names: docs/monitoring/alerting.md.
import { stringify } from "yaml";
import { alertmanagerConfiguration, waysOf } from "./configuration.ts";

process.stdout.write(
  stringify(alertmanagerConfiguration(waysOf(process.env), process.env["ALERT_TEMPLATES"]), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  }),
);
