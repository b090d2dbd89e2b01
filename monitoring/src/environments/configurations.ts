import { alertmanagerConfiguration } from "../alertmanager/configuration.ts";
import { blackboxConfiguration } from "../scraping/blackbox.ts";
import { dashboardProvider, dataSources } from "../grafana/provisioning.ts";
import { jobsAt, jobsInKubernetes, prometheusConfiguration } from "../scraping/configuration.ts";
import { COMPOSITION } from "../scraping/places.ts";
import { ENVIRONMENTS } from "./environments.ts";

const FOLDER = "deployment/monitoring/configs";
/** The first environment is the one that runs on a developer's machine. */
const [DEVELOPMENT] = ENVIRONMENTS;

/** Configurations of what monitors, by their paths from the root: for the composition, and for each environment. */
export function environmentConfigurations(): Record<string, object> {
  const files: [path: string, content: object][] = [
    ["prometheus/compose.yml", ofComposition()],
    ["blackbox/blackbox.yml", blackboxConfiguration()],
    ["grafana/datasources.yml", dataSources()],
    ["grafana/dashboards.yml", dashboardProvider()],
  ];
  for (const { name, interval, probed, ways } of ENVIRONMENTS) {
    files.push([
      `prometheus/${name}.yml`,
      prometheusConfiguration({
        interval,
        labels: { environment: name },
        alertmanager: "alertmanager:9093",
        scraped: jobsInKubernetes(probed),
      }),
    ]);
    files.push([
      `alertmanager/${name}.yml`,
      alertmanagerConfiguration(ways, "/etc/alertmanager/templates/*.tmpl"),
    ]);
  }
  return Object.fromEntries(files.map(([path, content]) => [`${FOLDER}/${path}`, content]));
}

function ofComposition(): object {
  return prometheusConfiguration({
    interval: DEVELOPMENT?.interval ?? "15s",
    labels: { environment: "development" },
    alertmanager: "alertmanager:9093",
    scraped: jobsAt(COMPOSITION, DEVELOPMENT?.probed ?? []),
  });
}
