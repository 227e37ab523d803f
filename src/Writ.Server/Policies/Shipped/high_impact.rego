# METADATA
# title: A person's yes to what has high impact
# description: >-
#   Actions whose verb is among settings.high_impact_verbs, those listed in settings.high_impact_actions, and all but
#   reading where data is classified at or above settings.high_impact_from need an approval: of settings.approvers, else
#   of the resource's team, else of any operator whose scope covers the resource. Opening a task needs none: it does
#   nothing yet.
# custom:
#   controls: ["PR.AA-05", "PR.PS-05", "ASI02", "ASI05", "ASI09", "MAP 3.5", "GOVERN 3.2", "MANAGE 4.1"]
package writ.rules.high_impact

# NIST AI RMF MAP 3.5, GOVERN 3.2 and MANAGE 4.1: human oversight, and its override; OWASP ASI02 and ASI05: misuse of
# tools, unexpected code; ASI09: a person sees the exact action; NIST CSF PR.AA-05 and PR.PS-05: separation of duties.

import data.writ.facts

default allow := false

allow if facts.management

allow if has_high_impact == false

# With the obligation, which this asks for whole: a setting that is missing must not take it away.
allow if {
	facts.resource
	has_high_impact
	count(approvers) >= 0
	data.writ.settings.approval_window_seconds > 0
}

has_high_impact if listed

has_high_impact if {
	facts.rank >= facts.ranks[data.writ.settings.high_impact_from]
	is_string(input.action.properties.verb)
	not reading
}

# Said only where all that it depends on is known.
has_high_impact := false if {
	is_array(data.writ.settings.high_impact_verbs)
	is_array(data.writ.settings.high_impact_actions)
	is_string(input.action.name)
	is_string(input.action.properties.verb)
	not listed
	harmless_to_data
}

listed if input.action.properties.verb in data.writ.settings.high_impact_verbs

listed if input.action.name in data.writ.settings.high_impact_actions

reading if input.action.properties.verb in data.writ.settings.reading_verbs

harmless_to_data if facts.rank < facts.ranks[data.writ.settings.high_impact_from]

harmless_to_data if {
	facts.rank >= 0
	reading
}

approvers := data.writ.settings.approvers if count(data.writ.settings.approvers) > 0

approvers := team if {
	count(data.writ.settings.approvers) == 0
	team := [concat(":", ["team", input.resource.properties.team])]
}

approvers := [] if {
	count(data.writ.settings.approvers) == 0
	not input.resource.properties.team
}

does_nothing_yet if input.context.request.kind in {"task.start", "act"}

obligations contains {
	"require_approval": {
		"approvers": approvers,
		"window_seconds": data.writ.settings.approval_window_seconds,
		"because": "high impact",
	},
} if {
	has_high_impact
	not facts.management
	not does_nothing_yet
}
