# METADATA
# title: No standing administrative access
# description: >-
#   Actions whose verb is among settings.administrative_verbs are for tasks of a named workflow, with a purpose, for
#   settings.administrative_lifetime_seconds, with tokens bound to a key. Identities that may hold bearer tokens do
#   nothing administrative.
# custom:
#   controls: ["PR.AA-05", "PR.PS-01", "NHI5:2025", "NHI7:2025", "ASI03", "GOVERN 3.2"]
package writ.rules.administration

# NIST CSF PR.AA-05 and PR.PS-01: least privilege and separation of duties, managed configuration; OWASP NHI5 and NHI7:
# no overprivileged identity, nothing long-lived; ASI03, privilege abuse; NIST AI RMF GOVERN 3.2: defined roles.

import data.writ.facts

default allow := false

# What operators do is held by roles, and by tokens that live for minutes and are bound to a key.
allow if facts.management

allow if facts.administrative == false

allow if {
	facts.administrative
	within_task
	not_bearer
	data.writ.settings.administrative_lifetime_seconds > 0
}

within_task if {
	facts.workflow != ""
	input.context.task.purpose != ""
}

not_bearer if {
	facts.subject
	input.subject.properties.bearer == false
}

concerned if {
	facts.administrative
	not facts.management
}

reasons contains "administration_without_task" if {
	concerned
	not within_task
}

reasons contains "administration_by_bearer" if {
	concerned
	input.subject.properties.bearer
}

obligations contains {"max_lifetime_seconds": data.writ.settings.administrative_lifetime_seconds} if {
	concerned
	facts.issues
}

obligations contains {"step_up": "dpop"} if {
	concerned
	not facts.sender_constrained
}
