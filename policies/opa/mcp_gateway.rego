# The same decisions under the package that the gateway asks by default (`mcp/gateway`).
package mcp.gateway

import data.sark.gateway

default allow := false

allow := gateway.allow

reason := gateway.reason

policies := gateway.policies
