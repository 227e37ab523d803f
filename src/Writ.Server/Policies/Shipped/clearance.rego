# METADATA
# title: Data within clearance
# description: The subject's clearance covers the classification of the resource's data.
# custom:
#   controls: ["PR.AA-05", "ID.AM-05", "ID.AM-07", "NHI5:2025", "ASI03"]
package writ.rules.clearance

# NIST CSF PR.AA-05: least privilege by policy, over what ID.AM-05 and ID.AM-07 classify (NIST SP 800-162: a subject
# attribute held against an object attribute); OWASP NHI5, overprivileged identities, and ASI03, privilege abuse.

import data.writ.facts

default allow := false

allow if facts.management

allow if {
	facts.subject
	input.subject.properties.clearance_rank >= facts.rank
}

reasons contains "not_cleared" if input.subject.properties.clearance_rank < facts.rank
