# METADATA
# title: Short chains of delegation
# description: >-
#   A chain is no longer than settings.delegation_depth, and never longer than the workflow allows; administrative
#   actions are handed on settings.administrative_delegation_depth times at most.
# custom:
#   controls: ["PR.AA-05", "ASI03", "ASI07", "ASI08", "NHI5:2025"]
package writ.rules.delegation

# OWASP ASI03, ASI07 and ASI08: inherited privilege, insecure communication between agents and failures that cascade all
# travel along the chain; NHI5, overprivileged identities; NIST CSF PR.AA-05: least privilege.

import data.writ.facts

default allow := false

allow if {
	within_bounds
	facts.administrative == false
}

allow if {
	within_bounds
	facts.administrative
	input.context.delegation.depth <= data.writ.settings.administrative_delegation_depth
}

within_bounds if {
	input.context.delegation.depth <= data.writ.settings.delegation_depth
	input.context.delegation.depth <= input.context.delegation.max_depth
}

reasons contains "delegation_unknown" if not input.context.delegation.depth

reasons contains "chain_too_deep" if {
	input.context.delegation.depth >= 0
	not within_bounds
}

reasons contains "administration_delegated" if {
	facts.administrative
	input.context.delegation.depth > data.writ.settings.administrative_delegation_depth
}
