package writ.rules.people_test

import data.writ.questions_test as questions
import data.writ.rules.people

settings := {
	"delegation_hours": [{"days": ["Monday", "Friday"], "from": "06:00", "to": "20:00"}],
	"delegation_hours_from": "restricted",
	"delegation_timezone": "UTC",
}

allowed(question) if people.allow with input as question with data.writ.settings as settings

reasons(question) := found if found := people.reasons with input as question with data.writ.settings as settings

for_jo := questions.changed(questions.token, {
	"context": {
		"user": {"id": "spiffe://example.org/user/corp/jo"},
		"facts": {"user": {"source": "issuer"}},
	},
})

restricted := questions.classified(for_jo, "restricted", 3)

at(question, moment) := questions.changed(question, {"context": {"time": {"unix_seconds": seconds}}}) if {
	seconds := time.parse_rfc3339_ns(moment) / 1000000000
}

test_nobody_behind_it_is_allowed_at_any_hour if {
	allowed(questions.token)
	allowed(questions.classified(questions.token, "restricted", 3))
	allowed(questions.act)
}

test_people_reach_other_data_at_any_hour if {
	allowed(for_jo)
	allowed(at(for_jo, "2026-11-22T03:00:00Z"))
}

test_people_reach_restricted_data_within_hours if {
	every moment in ["2026-11-23T06:00:00Z", "2026-11-23T19:59:59Z", "2026-11-27T12:00:00Z"] {
		allowed(at(restricted, moment))
	}
}

test_people_are_refused_restricted_data_outside_hours if {
	every moment in ["2026-11-23T05:59:59Z", "2026-11-23T20:00:00Z", "2026-11-24T12:00:00Z", "2026-11-22T12:00:00Z"] {
		not allowed(at(restricted, moment))
		reasons(at(restricted, moment)) == {"outside_hours"}
	}
}

test_hours_are_those_of_the_time_zone if {
	tokyo := object.union(settings, {"delegation_timezone": "Asia/Tokyo"})
	people.allow with input as at(restricted, "2026-11-22T21:00:00Z") with data.writ.settings as tokyo
	not people.allow with input as at(restricted, "2026-11-23T11:00:00Z") with data.writ.settings as tokyo
}

test_a_time_zone_that_does_not_exist_refuses if {
	nowhere := object.union(settings, {"delegation_timezone": "Nowhere/Land"})
	not people.allow with input as at(restricted, "2026-11-23T12:00:00Z") with data.writ.settings as nowhere
}

test_a_person_that_the_caller_says_is_not_trusted if {
	question := questions.sourced(for_jo, "user", "caller")
	not allowed(question)
	reasons(question) == {"user_not_proven"}
}

test_management_is_allowed if {
	allowed(questions.changed(questions.act, {"context": {"user": for_jo.context.user}}))
}

test_a_missing_fact_refuses if {
	every path in ["/context/facts", "/context"] {
		not allowed(questions.without(questions.token, path))
	}
	every path in [
		"/context/time",
		"/context/time/unix_seconds",
		"/context/facts/user",
		"/context/facts/resource",
		"/resource/properties/classification_rank",
	] {
		not allowed(questions.without(at(restricted, "2026-11-23T12:00:00Z"), path))
	}
	not allowed(questions.without(for_jo, "/resource/properties/classification_rank"))
}

test_a_missing_setting_refuses if {
	every name in ["delegation_hours", "delegation_timezone"] {
		question := at(restricted, "2026-11-23T12:00:00Z")
		not people.allow with input as question with data.writ.settings as object.remove(settings, [name])
	}
	not people.allow with input as for_jo with data.writ.settings as {}
}
