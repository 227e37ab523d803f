# METADATA
# title: Little for bearer tokens
# description: >-
#   A token that is bound to no key is for data classified up to settings.bearer_up_to, and for
#   settings.bearer_lifetime_seconds.
# custom:
#   controls: ["PR.AA-02", "PR.AA-04", "NHI2:2025", "NHI4:2025", "NHI7:2025", "ASI03"]
package writ.rules.bearer

# OWASP NHI2, NHI4 and NHI7: secrets that leak, weak authentication, long life; ASI03, identity abuse; NIST CSF PR.AA-02
# and PR.AA-04: credentials are bound, and assertions protected.

import data.writ.facts

default allow := false

allow if facts.sender_constrained

# An identity that gets no bearer tokens has none to use: whether it holds the key is seen where the token is shown.
allow if {
	input.context.request.kind == "access"
	facts.subject
	input.subject.properties.bearer == false
}

allow if {
	data_allows
	data.writ.settings.bearer_lifetime_seconds > 0
}

data_allows if facts.management

data_allows if facts.rank <= facts.ranks[data.writ.settings.bearer_up_to]

reasons contains "bearer_not_for_data" if {
	not allow
	not data_allows
}

obligations contains {"max_lifetime_seconds": data.writ.settings.bearer_lifetime_seconds} if {
	not facts.sender_constrained
	facts.issues
}
