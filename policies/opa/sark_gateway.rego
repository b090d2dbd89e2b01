# The same rules as the Cedar files of the folder above, for those who run OPA. Each rule has the id of its
# Cedar counterpart. A permit is needed, and a forbid wins over any permit.
package sark.gateway

default allow := false

allow if {
	count(permit) > 0
	count(forbid) == 0
}

# The rules that determined the decision; none where it is denied by default.
policies := sort(forbid) if count(forbid) > 0

else := sort(permit)

reason := concat(" ", [reasons[id] | some id in policies]) if count(policies) > 0

else := "No policy permits this, so it is denied by default."

# What everyone may do ---------------------------------------------------------------------------------------

permit contains "everyone-discovers" if discovers

# What people may do, by role ---------------------------------------------------------------------------------

permit contains "admin-everything" if is_admin

permit contains "developer-low-and-medium" if {
	"developer" in input.principal.roles
	uses
	low_or_medium
}

permit contains "auditor-resources-and-prompts" if {
	"auditor" in input.principal.roles
	reads
	low_or_medium
}

# What agents may do -------------------------------------------------------------------------------------------

permit contains "trusted-agent-tools" if {
	is_agent
	source.trust_level == "trusted"
	source.agent_type in {"service", "worker"}
	uses
	low_or_medium
}

permit contains "limited-agent-low" if {
	is_agent
	source.trust_level == "limited"
	uses
	input.resource.sensitivity == "low"
}

permit contains "query-agent-reads" if {
	is_agent
	source.trust_level in {"trusted", "limited"}
	source.agent_type == "query"
	reads
	low_or_medium
}

forbid contains "query-agent-no-tools" if {
	is_agent
	source.agent_type == "query"
	input.action == "gateway:tool:invoke"
}

forbid contains "untrusted-agent-looks-only" if {
	is_agent
	not discovers
	not trusted_somewhat(source)
}

forbid contains "no-critical-on-behalf" if {
	input.principal.actor != null
	uses
	input.resource.sensitivity == "critical"
}

# Single tools and their arguments -----------------------------------------------------------------------------

forbid contains "gzip-data-only" if {
	input.action == "gateway:tool:invoke"
	input.resource.name == "gzip-file-as-resource"
	parameters := input.context.parameters
	not sends_data(parameters)
}

sends_data(parameters) if startswith(parameters.data, "data:")

# Servers of one tenant ----------------------------------------------------------------------------------------

forbid contains "acme-servers-for-acme" if {
	server in data.server_groups.acme
	not input.principal.tenant == "acme"
	not is_admin
}

server := input.resource.server

server := input.resource.name if input.resource.type == "server"

# What agents may ask of each other ----------------------------------------------------------------------------

permit contains "a2a-query" if {
	is_agent
	input.action == "gateway:a2a:query"
	trusted_somewhat(source)
	trusted_somewhat(target)
}

permit contains "a2a-execute" if {
	is_agent
	input.action == "gateway:a2a:execute"
	source.trust_level == "trusted"
	trusted_somewhat(target)
	target.agent_type in {"service", "worker"}
}

permit contains "a2a-delegate" if {
	is_agent
	input.action == "gateway:a2a:delegate"
	is_trusted_service(source)
	target.trust_level == "trusted"
	target.agent_type in {"service", "worker"}
}

forbid contains "a2a-production-for-services" if {
	is_agent
	input.action in {"gateway:a2a:execute", "gateway:a2a:delegate"}
	input.context.target_environment == "production"
	not is_trusted_service(source)
}

# Words used above ---------------------------------------------------------------------------------------------

is_admin if "admin" in input.principal.roles

is_agent if input.principal.type == "agent"

discovers if input.action in {"gateway:server:list", "gateway:server:info", "gateway:tool:discover"}

uses if input.action in {"gateway:tool:invoke", "gateway:resource:read", "gateway:prompt:get"}

reads if input.action in {"gateway:resource:read", "gateway:prompt:get"}

low_or_medium if input.resource.sensitivity in {"low", "medium"}

source := input.principal.attributes

target := input.resource.attributes if input.resource.type == "agent"

trusted_somewhat(agent) if agent.trust_level in {"trusted", "limited"}

is_trusted_service(agent) if {
	agent.trust_level == "trusted"
	agent.agent_type == "service"
}

reasons := {
	"everyone-discovers": "Everybody may see which servers and tools there are; each listing shows only what its reader may use.",
	"admin-everything": "Administrators may do everything.",
	"developer-low-and-medium": "Developers may use what is of low or medium sensitivity.",
	"auditor-resources-and-prompts": "Auditors may read resources and prompts of low or medium sensitivity.",
	"trusted-agent-tools": "Trusted service and worker agents may use what is of low or medium sensitivity.",
	"limited-agent-low": "Agents of limited trust may use what is of low sensitivity.",
	"query-agent-reads": "Query agents may read resources and prompts of low or medium sensitivity.",
	"query-agent-no-tools": "Query agents read; they do not call tools.",
	"untrusted-agent-looks-only": "Untrusted agents may see what there is, and use none of it.",
	"no-critical-on-behalf": "Critical tools need the user in person: no agent may call them on behalf of a user.",
	"gzip-data-only": "gzip-file-as-resource may pack data that the caller sends (a data: URI), not fetch addresses.",
	"acme-servers-for-acme": "This server belongs to the tenant acme.",
	"a2a-query": "Agents of trusted or limited trust may query each other.",
	"a2a-execute": "Trusted agents may have services and workers of trusted or limited trust execute tasks.",
	"a2a-delegate": "Trusted services may delegate to trusted services and workers.",
	"a2a-production-for-services": "In production, only trusted services may have others act.",
}
