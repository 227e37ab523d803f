# METADATA
# title: Risk
# description: >-
#   From settings.risk_refuse_from on nothing is given. From settings.risk_narrow_from on tokens live short and must be
#   bound to a key, and nothing classified at or above settings.risk_narrow_refuses_from is given. A score older than
#   settings.risk_max_age_ms is no score.
# custom:
#   controls: ["DE.CM-09", "DE.AE-02", "DE.AE-07", "RS.MI-01", "ASI08", "ASI10", "MEASURE 2.4", "MANAGE 1.3"]
package writ.rules.risk

# NIST CSF DE.CM-09, DE.AE-02 and DE.AE-07: what is watched enters the decision; RS.MI-01: incidents are contained;
# OWASP ASI08 and ASI10: cascading failures, rogue agents; NIST AI RMF MEASURE 2.4 and MANAGE 1.3: watched in
# production, and mitigated. NIST SP 800-207, tenets 4 and 6: policy is dynamic, and asked before each access.

import data.writ.facts

default allow := false

allow if {
	fresh
	input.context.risk.score < data.writ.settings.risk_refuse_from
	input.context.risk.score < data.writ.settings.risk_narrow_from
}

allow if {
	fresh
	input.context.risk.score < data.writ.settings.risk_refuse_from
	narrowed
	data_allows
	data.writ.settings.risk_narrow_lifetime_seconds > 0
}

fresh if {
	input.context.facts.risk.source != "caller"
	input.context.facts.risk.age_ms <= data.writ.settings.risk_max_age_ms
}

narrowed if input.context.risk.score >= data.writ.settings.risk_narrow_from

data_allows if facts.management

data_allows if facts.rank < facts.ranks[data.writ.settings.risk_narrow_refuses_from]

reasons contains "risk_unknown" if not input.context.risk.score

reasons contains "risk_stale" if {
	input.context.risk.score >= 0
	not fresh
}

reasons contains "risk_too_high" if {
	fresh
	input.context.risk.score >= data.writ.settings.risk_refuse_from
}

reasons contains "risk_too_high_for_data" if {
	fresh
	narrowed
	not data_allows
}

obligations contains {"max_lifetime_seconds": data.writ.settings.risk_narrow_lifetime_seconds} if {
	narrowed
	facts.issues
}

obligations contains {"step_up": "dpop"} if {
	narrowed
	not facts.sender_constrained
}
