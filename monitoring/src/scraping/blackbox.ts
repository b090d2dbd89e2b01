/** The one module that `probeJob` asks for: a page that responds with 2xx; certificates are looked at with it. */
export function blackboxConfiguration(): object {
  return {
    modules: {
      http_2xx: {
        prober: "http",
        timeout: "4s",
        http: { method: "GET", follow_redirects: false, preferred_ip_protocol: "ip4" },
      },
    },
  };
}
