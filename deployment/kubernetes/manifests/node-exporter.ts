import type { Values } from "../values.ts";
import { container, labels, podSecurity, scraped, selector, type Manifest } from "./parts.ts";

const NAME = "node-exporter";

/**
 * On every machine. It looks at the machine itself, which no pod of a `restricted` namespace may: its processes, its
 * file systems, and its network, whose interfaces it would else have but one of, the pod's own.
 */
export function nodeExporter({ nodeExporterImage: image }: Pick<Values, "nodeExporterImage">): Manifest {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: NAME, labels: labels(NAME) },
    spec: {
      selector: { matchLabels: selector(NAME) },
      template: {
        metadata: { labels: labels(NAME), annotations: scraped(9100) },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          hostNetwork: true,
          hostPID: true,
          securityContext: podSecurity(65_534),
          tolerations: [{ operator: "Exists" }],
          containers: [
            container(
              {
                name: NAME,
                image,
                args: ["--path.rootfs=/host"],
                ports: { http: 9100 },
                resources: {
                  requests: { cpu: "10m", memory: "32Mi" },
                  limits: { memory: "128Mi" },
                },
                mounts: [["host", "/host", { mountPropagation: "HostToContainer" }]],
              },
              new Set(),
            ),
          ],
          volumes: [{ name: "host", hostPath: { path: "/" } }],
        },
      },
    },
  };
}
