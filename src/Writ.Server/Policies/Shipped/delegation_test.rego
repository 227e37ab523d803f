package writ.rules.delegation_test

import data.writ.questions_test as questions
import data.writ.rules.delegation

settings := {
	"administrative_delegation_depth": 1,
	"administrative_verbs": ["grant"],
	"delegation_depth": 8,
}

allowed(question) if delegation.allow with input as question with data.writ.settings as settings

reasons(question) := found if found := delegation.reasons with input as question with data.writ.settings as settings

deep(question, depth, most) := questions.changed(question, {
	"context": {
		"delegation": {
			"depth": depth,
			"max_depth": most,
		},
	},
})

granting := questions.acting(questions.token, "orders:grant", "grant")

test_short_chains_are_allowed if {
	allowed(questions.token)
	allowed(deep(questions.token, 4, 4))
	allowed(deep(questions.token, 8, 8))
	allowed(questions.act)
}

test_chains_beyond_the_setting_are_refused if {
	question := deep(questions.token, 9, 20)
	not allowed(question)
	reasons(question) == {"chain_too_deep"}
}

test_chains_beyond_the_workflow_are_refused if {
	question := deep(questions.token, 3, 2)
	not allowed(question)
	reasons(question) == {"chain_too_deep"}
}

test_administration_is_handed_on_once if {
	allowed(granting)
	allowed(deep(granting, 1, 4))
	not allowed(deep(granting, 2, 4))
	reasons(deep(granting, 2, 4)) == {"administration_delegated"}
}

test_a_chain_that_the_caller_says_counts_for_nothing if {
	question := questions.without(questions.token, "/context/delegation")
	not allowed(questions.changed(question, {"context": {"caller": {"delegation": {"depth": 0, "max_depth": 4}}}}))
	reasons(question) == {"delegation_unknown"}
}

test_a_missing_fact_refuses if {
	every path in [
		"/context/delegation",
		"/context/delegation/depth",
		"/context/delegation/max_depth",
		"/action/properties/verb",
		"/context",
	] {
		not allowed(questions.without(questions.token, path))
	}
}

test_a_missing_setting_refuses if {
	every name, _ in settings {
		not delegation.allow with input as granting with data.writ.settings as object.remove(settings, [name])
	}
}
