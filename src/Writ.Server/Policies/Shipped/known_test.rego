package writ.rules.known_test

import data.writ.questions_test as questions
import data.writ.rules.known

allowed(question) if known.allow with input as question

reasons(question) := found if found := known.reasons with input as question

test_whoever_is_known_and_active_is_allowed if allowed(questions.token)

test_operators_have_no_end if allowed(questions.act)

test_whoever_is_not_active_is_refused if {
	every status in ["suspended", "decommissioned"] {
		question := questions.changed(questions.token, {"subject": {"properties": {"status": status}}})
		not allowed(question)
		reasons(question) == {"subject_not_active"}
	}
}

test_whoever_has_expired_is_refused if {
	question := questions.changed(questions.token, {"subject": {"properties": {"expires_in_seconds": 0}}})
	not allowed(question)
	reasons(question) == {"subject_expired"}
}

test_what_the_caller_says_of_itself_is_not_trusted if {
	question := questions.sourced(questions.token, "subject", "caller")
	not allowed(question)
	reasons(question) == {"subject_unknown"}
}

test_what_the_caller_says_of_a_resource_is_not_trusted if {
	question := questions.sourced(questions.token, "resource", "caller")
	not allowed(question)
	reasons(question) == {"resource_unknown"}
}

test_calling_a_resource_management_does_not_make_it_known if {
	not allowed(questions.sourced(questions.act, "resource", "caller"))
}

test_a_missing_fact_refuses if {
	every path in [
		"/context/facts/subject",
		"/context/facts/subject/source",
		"/context/facts/resource",
		"/context/facts",
		"/context",
		"/subject",
		"/subject/properties/status",
		"/subject/properties/expires_in_seconds",
	] {
		not allowed(questions.without(questions.token, path))
	}
}
