# METADATA
# title: Known and active
# description: >-
#   The broker itself knows who asks and what for, and whoever asks is active and has not expired. What the caller says
#   of itself or of the resource counts for nothing.
# custom:
#   controls: ["PR.AA-01", "PR.AA-03", "ID.AM-08", "NHI1:2025", "NHI4:2025", "GOVERN 1.6", "GOVERN 1.7"]
package writ.rules.known

# NIST CSF PR.AA-01, PR.AA-03 and ID.AM-08: identities are managed, authenticated, and end; OWASP NHI1, improper
# offboarding, and NHI4, insecure authentication; NIST AI RMF GOVERN 1.6 and GOVERN 1.7: an inventory, and a safe end.

import data.writ.facts

default allow := false

allow if {
	facts.subject
	facts.resource
	input.subject.properties.status == "active"
	lasting
}

# Operators stay until they are removed; identities have an end.
lasting if input.subject.type == "operator"

lasting if input.subject.properties.expires_in_seconds > 0

reasons contains "subject_unknown" if not facts.subject

reasons contains "subject_not_active" if {
	facts.subject
	input.subject.properties.status != "active"
}

reasons contains "subject_expired" if input.subject.properties.expires_in_seconds <= 0

reasons contains "resource_unknown" if not facts.resource
