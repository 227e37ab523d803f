# METADATA
# title: Questions for the tests
# description: >-
#   What the broker asks of the rules, whole: a test changes what it is about, or leaves it out.
package writ.questions_test

# An agent asks for a token to read internal data, within a task of its workflow, on a Sunday night.
token := {"subject": agent, "action": reading, "resource": shop, "context": context}

agent := {
	"type": "agent",
	"id": "spiffe://example.org/agent/billing",
	"properties": {
		"kind": "agent",
		"owner": "spiffe://example.org/operator/ann",
		"team": "finance",
		"purpose": "billing",
		"clearance": "internal",
		"clearance_rank": 1,
		"status": "active",
		"age_seconds": 86400,
		"expires_in_seconds": 31449600,
		"bearer": false,
	},
}

reading := {"name": "orders:read", "properties": {"noun": "orders", "verb": "read"}}

shop := {
	"type": "resource",
	"id": "shop",
	"properties": {
		"uri": "https://shop.example.org",
		"owner": "spiffe://example.org/operator/bob",
		"team": "shop",
		"classification": "internal",
		"classification_rank": 1,
	},
}

context := {
	"request": {
		"kind": "token.issue",
		"grant_type": "client_credentials",
		"lifetime_seconds": 900,
		"implicit_task": false,
	},
	"time": {"now": "2026-11-22T03:45:00Z", "unix_seconds": 1795319100, "weekday": "Sunday", "hour": 3, "minute": 45},
	"task": {"id": "tsk_1", "workflow": "billing", "purpose": "monthly billing", "deadline_in_seconds": 28800},
	"workflow": {"name": "billing", "team": "finance", "max_depth": 4},
	"delegation": {"depth": 0, "chain": [], "max_depth": 4},
	"binding": {"type": "dpop"},
	"network": {"address": "10.1.2.3", "zones": ["office"]},
	"risk": {"score": 0, "signals": []},
	"approvals": [],
	"facts": {
		"subject": {"source": "registry", "age_ms": 120},
		"resource": {"source": "registry", "age_ms": 120},
		"task": {"source": "store", "age_ms": 0},
		"network": {"source": "connection", "age_ms": 0},
		"risk": {"source": "store", "age_ms": 120},
	},
}

# An operator registers an identity: management has neither data nor a task.
act := {
	"subject": {
		"type": "operator",
		"id": "spiffe://example.org/operator/ann",
		"properties": {"role": "operator", "team": "finance", "status": "active"},
	},
	"action": {"name": "identity:create", "properties": {"noun": "identity", "verb": "create"}},
	"resource": {"type": "writ", "id": "identity spiffe://example.org/agent/new", "properties": {"team": "finance"}},
	"context": {
		"request": {"kind": "act"},
		"time": context.time,
		"delegation": {"depth": 0, "chain": [], "max_depth": 8},
		"binding": {"type": "dpop"},
		"risk": {"score": 0, "signals": []},
		"facts": {
			"subject": {"source": "registry", "age_ms": 120},
			"resource": {"source": "registry", "age_ms": 120},
			"risk": {"source": "store", "age_ms": 120},
		},
	},
}

# The same question, of another kind.
kind(question, name) := changed(question, {"context": {"request": {"kind": name}}})

# With the source of a group of facts.
sourced(question, group, source) := changed(question, {"context": {"facts": {group: {"source": source}}}})

classified(question, name, rank) := changed(question, {
	"resource": {
		"properties": {
			"classification": name,
			"classification_rank": rank,
		},
	},
})

acting(question, name, verb) := changed(question, {"action": {"name": name, "properties": {"verb": verb}}})

unbound(question) := without(question, "/context/binding")

changed(question, changes) := object.union(question, changes)

without(question, path) := json.remove(question, [path])
