/** Input series of tests: HTTP requests that ended with this status. */
export function requests(status: string, firing: number, under: number, operation = "mcp") {
  return {
    series: `sark_gateway_requests_total{operation="${operation}", status="${status}"}`,
    firing,
    under,
  };
}
