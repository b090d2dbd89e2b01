DROP INDEX ix_gateway_audit_user_id;
DROP INDEX ix_gateway_audit_agent_id;
DROP INDEX ix_gateway_audit_server_name;
DROP INDEX ix_gateway_audit_tool_name;
CREATE INDEX ix_gateway_audit_user_id ON gateway_audit_events (user_id, seq);
CREATE INDEX ix_gateway_audit_agent_id ON gateway_audit_events (agent_id, seq) WHERE agent_id IS NOT NULL;
CREATE INDEX ix_gateway_audit_server_name ON gateway_audit_events (server_name, seq);
CREATE INDEX ix_gateway_audit_tool_name ON gateway_audit_events (tool_name, seq);
