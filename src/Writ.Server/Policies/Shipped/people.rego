# METADATA
# title: Business hours for delegations by people
# description: >-
#   For a person, agents touch data classified at or above settings.delegation_hours_from only within
#   settings.delegation_hours, in settings.delegation_timezone. The person must have been proven, at any hour.
# custom:
#   controls: ["PR.AA-05", "PR.AA-04", "DE.CM-03", "NHI10:2025", "ASI09", "GOVERN 3.2", "MAP 3.5"]
package writ.rules.people

# NIST CSF PR.AA-04 and PR.AA-05: the person's token was verified, and the permission depends on the environment (NIST
# SP 800-162: environment conditions); DE.CM-03: use at odd hours; OWASP NHI10, human use of identities, and ASI09,
# trust between people and agents; NIST AI RMF GOVERN 3.2 and MAP 3.5: somebody is there to oversee it.

import data.writ.facts

default allow := false

allow if nobody_behind

allow if facts.management

allow if {
	facts.user
	facts.rank < facts.ranks[data.writ.settings.delegation_hours_from]
}

allow if {
	facts.user
	facts.rank >= 0
	within_hours
}

# The facts are there, and say nothing of a person.
nobody_behind if {
	input.context.facts
	not input.context.facts.user
	not input.context.user
}

# Hours of one day each, without their end: a night is two of them.
within_hours if {
	moment := [input.context.time.unix_seconds * 1000000000, data.writ.settings.delegation_timezone]
	clock := time.format([moment[0], moment[1], "15:04"])
	some hours in data.writ.settings.delegation_hours
	time.weekday(moment) in hours.days
	clock >= hours.from
	clock < hours.to
}

reasons contains "user_not_proven" if {
	input.context.user
	not facts.user
}

reasons contains "outside_hours" if {
	input.context.user
	facts.rank >= facts.ranks[data.writ.settings.delegation_hours_from]
	not within_hours
}
