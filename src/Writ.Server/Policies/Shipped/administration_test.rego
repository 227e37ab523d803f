package writ.rules.administration_test

import data.writ.questions_test as questions
import data.writ.rules.administration

settings := {"administrative_lifetime_seconds": 300, "administrative_verbs": ["admin", "grant"]}

allowed(question) if administration.allow with input as question with data.writ.settings as settings

reasons(question) := found if {
	found := administration.reasons with input as question with data.writ.settings as settings
}

obligations(question) := found if {
	found := administration.obligations with input as question with data.writ.settings as settings
}

granting := questions.acting(questions.token, "orders:grant", "grant")

test_other_actions_are_allowed_as_they_are if {
	allowed(questions.token)
	obligations(questions.token) == set()
	allowed(questions.unbound(questions.without(questions.token, "/context/task")))
}

test_administration_within_a_task_is_allowed_for_a_short_time if {
	allowed(granting)
	obligations(granting) == {{"max_lifetime_seconds": 300}}
	allowed(questions.kind(granting, "task.start"))
	obligations(questions.kind(granting, "task.start")) == set()
}

test_administration_asks_for_a_bound_token if {
	obligations(questions.unbound(granting)) == {{"max_lifetime_seconds": 300}, {"step_up": "dpop"}}
	obligations(questions.kind(questions.unbound(granting), "access")) == {{"step_up": "dpop"}}
}

test_standing_administration_is_refused if {
	question := questions.without(granting, "/context/workflow")
	not allowed(question)
	reasons(question) == {"administration_without_task"}
}

test_administration_without_a_purpose_is_refused if {
	question := questions.changed(granting, {"context": {"task": {"purpose": ""}}})
	not allowed(question)
	reasons(question) == {"administration_without_task"}
}

test_identities_with_bearer_tokens_are_refused if {
	question := questions.changed(granting, {"subject": {"properties": {"bearer": true}}})
	not allowed(question)
	reasons(question) == {"administration_by_bearer"}
}

test_what_the_caller_says_is_not_trusted if {
	every group in ["subject", "task"] {
		not allowed(questions.sourced(granting, group, "caller"))
	}
}

test_management_has_rules_of_its_own if {
	question := questions.acting(questions.act, "operator:grant", "grant")
	allowed(questions.act)
	allowed(question)
	obligations(question) == set()
}

test_calling_a_resource_management_does_not_help if {
	question := questions.acting(questions.act, "operator:grant", "grant")
	not allowed(questions.sourced(question, "resource", "caller"))
}

test_a_missing_fact_refuses if {
	every path in [
		"/action/properties/verb",
		"/context/task",
		"/context/task/purpose",
		"/context/workflow/name",
		"/subject/properties/bearer",
		"/context/facts/subject",
		"/context/facts/task",
		"/context",
	] {
		not allowed(questions.without(granting, path))
	}
}

test_a_missing_setting_refuses if {
	every name, _ in settings {
		not administration.allow with input as granting with data.writ.settings as object.remove(settings, [name])
	}
	not administration.allow with input as questions.token with data.writ.settings as {}
}
