package writ.rules.high_impact_test

import data.writ.questions_test as questions
import data.writ.rules.high_impact

settings := {
	"approval_window_seconds": 900,
	"approvers": [],
	"high_impact_actions": ["orders:refund"],
	"high_impact_from": "restricted",
	"high_impact_verbs": ["drop", "pay"],
	"reading_verbs": ["read", "list"],
}

allowed(question) if high_impact.allow with input as question with data.writ.settings as settings

obligations(question) := found if {
	found := high_impact.obligations with input as question with data.writ.settings as settings
}

approval(approvers) := {
	{
		"require_approval": {
			"approvers": approvers,
			"window_seconds": 900,
			"because": "high impact",
		},
	},
}

dropping := questions.acting(questions.token, "orders:drop", "drop")

test_ordinary_actions_are_allowed_as_they_are if {
	every question in [questions.token, questions.acting(questions.token, "orders:write", "write")] {
		allowed(question)
		obligations(question) == set()
	}
}

test_verbs_of_high_impact_need_the_resources_team if {
	allowed(dropping)
	obligations(dropping) == approval(["team:shop"])
}

test_actions_that_are_listed_need_an_approval if {
	obligations(questions.acting(questions.token, "orders:refund", "refund")) == approval(["team:shop"])
	obligations(questions.acting(questions.token, "bills:refund", "refund")) == set()
}

test_all_but_reading_restricted_data_needs_an_approval if {
	every verb in ["write", "cancel", "never_heard_of"] {
		action := concat(":", ["orders", verb])
		question := questions.classified(questions.acting(questions.token, action, verb), "restricted", 3)
		allowed(question)
		obligations(question) == approval(["team:shop"])
	}
}

test_reading_restricted_data_needs_none if {
	question := questions.classified(questions.token, "restricted", 3)
	allowed(question)
	obligations(question) == set()
}

test_an_access_needs_the_same_approval if {
	obligations(questions.kind(dropping, "access")) == approval(["team:shop"])
	obligations(questions.kind(dropping, "lease.issue")) == approval(["team:shop"])
}

test_opening_a_task_needs_none if {
	allowed(questions.kind(dropping, "task.start"))
	obligations(questions.kind(dropping, "task.start")) == set()
}

test_the_settings_name_other_approvers if {
	changed := object.union(settings, {"approvers": ["role:owner"]})
	found := high_impact.obligations with input as dropping with data.writ.settings as changed
	found == approval(["role:owner"])
}

test_without_a_team_any_operator_of_the_resource_approves if {
	question := questions.without(dropping, "/resource/properties/team")
	allowed(question)
	obligations(question) == approval([])
}

test_what_the_caller_says_of_a_resource_is_not_trusted if {
	not allowed(questions.sourced(questions.token, "resource", "caller"))
	not allowed(questions.sourced(dropping, "resource", "caller"))
}

test_management_is_allowed_as_it_is if {
	question := questions.acting(questions.act, "key:drop", "drop")
	allowed(question)
	obligations(question) == set()
}

test_a_missing_fact_refuses if {
	every path in [
		"/action/name",
		"/action/properties/verb",
		"/resource/properties/classification_rank",
		"/context/facts/resource",
		"/context",
	] {
		not allowed(questions.without(questions.acting(questions.token, "orders:write", "write"), path))
	}
	not allowed(questions.without(questions.classified(questions.token, "restricted", 3), "/action/properties/verb"))
}

test_a_missing_kind_asks_for_the_approval if {
	obligations(questions.without(dropping, "/context/request")) == approval(["team:shop"])
}

test_a_missing_setting_refuses if {
	every name in ["approval_window_seconds", "approvers"] {
		not high_impact.allow with input as dropping with data.writ.settings as object.remove(settings, [name])
	}

	writing := questions.acting(questions.token, "orders:write", "write")
	every name in ["high_impact_verbs", "high_impact_actions", "high_impact_from"] {
		not high_impact.allow with input as writing with data.writ.settings as object.remove(settings, [name])
	}
}

test_a_list_that_is_none_refuses if {
	every name in ["high_impact_verbs", "high_impact_actions"] {
		not high_impact.allow with input as questions.token with data.writ.settings as object.union(settings, {name: "drop"})
	}
}
