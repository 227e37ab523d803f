package writ.rules.clearance_test

import data.writ.questions_test as questions
import data.writ.rules.clearance

allowed(question) if clearance.allow with input as question

reasons(question) := found if found := clearance.reasons with input as question

test_data_at_or_below_the_clearance_is_allowed if {
	allowed(questions.token)
	allowed(questions.classified(questions.token, "public", 0))
}

test_data_above_the_clearance_is_refused if {
	every rank, name in {2: "confidential", 3: "restricted"} {
		question := questions.classified(questions.token, name, rank)
		not allowed(question)
		reasons(question) == {"not_cleared"}
	}
}

test_management_has_no_data_to_be_cleared_for if allowed(questions.act)

test_calling_a_resource_management_does_not_help if {
	restricted := questions.classified(questions.token, "restricted", 3)
	management := questions.changed(restricted, {"resource": {"type": "writ"}})
	not allowed(questions.sourced(management, "resource", "caller"))
}

test_what_the_caller_says_is_not_trusted if {
	not allowed(questions.sourced(questions.token, "subject", "caller"))
	not allowed(questions.sourced(questions.token, "resource", "caller"))
}

test_a_missing_fact_refuses if {
	every path in [
		"/subject/properties/clearance_rank",
		"/resource/properties/classification_rank",
		"/subject",
		"/resource",
		"/context/facts/subject",
		"/context/facts/resource",
		"/context",
	] {
		not allowed(questions.without(questions.token, path))
	}
}
