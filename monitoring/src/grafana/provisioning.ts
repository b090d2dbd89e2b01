/**
 * The data sources, for Grafana's provisioning. Addresses come from Grafana's environment, so that one file is for every
 * place. A point of a histogram leads to its trace, a log line, too, and a trace to its log lines.
 */
export function dataSources(): object {
  return {
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        ...source("Prometheus", "prometheus", "$PROMETHEUS_URL"),
        isDefault: true,
        jsonData: {
          httpMethod: "POST",
          timeInterval: "$SCRAPE_INTERVAL",
          exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: "tempo" }],
        },
      },
      {
        ...source("Alertmanager", "alertmanager", "$ALERTMANAGER_URL"),
        jsonData: { implementation: "prometheus", handleGrafanaManagedAlerts: false },
      },
      {
        ...source("Loki", "loki", "$LOKI_URL"),
        jsonData: {
          derivedFields: [
            {
              name: "trace_id",
              matcherType: "label",
              matcherRegex: "trace_id",
              datasourceUid: "tempo",
              // Grafana puts variables of the environment in: `$$` stands for `$` itself.
              url: "$${__value.raw}",
            },
          ],
        },
      },
      {
        ...source("Tempo", "tempo", "$TEMPO_URL"),
        jsonData: {
          tracesToLogsV2: {
            datasourceUid: "loki",
            spanStartTimeShift: "-5m",
            spanEndTimeShift: "5m",
            filterByTraceID: true,
            customQuery: true,
            query: '{service=~".+"} | trace_id = `$${__trace.traceId}`',
          },
          nodeGraph: { enabled: true },
        },
      },
    ],
  };
}

/** Dashboards are files, which Grafana reads again when they change; none is edited there. */
export function dashboardProvider(): object {
  return {
    apiVersion: 1,
    providers: [
      {
        name: "sark",
        folder: "SARK",
        folderUid: "sark",
        type: "file",
        disableDeletion: true,
        allowUiUpdates: false,
        updateIntervalSeconds: 30,
        options: { path: "/var/lib/grafana/dashboards/sark" },
      },
    ],
  };
}

function source(name: string, type: string, url: string): object {
  return { name, uid: type, type, access: "proxy", url, editable: false };
}
