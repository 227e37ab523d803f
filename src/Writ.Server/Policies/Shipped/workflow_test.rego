package writ.rules.workflow_test

import data.writ.questions_test as questions
import data.writ.rules.workflow

settings := {"workflow_from": "confidential"}

allowed(question) if workflow.allow with input as question with data.writ.settings as settings

reasons(question) := found if found := workflow.reasons with input as question with data.writ.settings as settings

confidential := questions.classified(questions.token, "confidential", 2)

test_confidential_data_within_a_workflow_is_allowed if {
	allowed(confidential)
	allowed(questions.classified(questions.token, "restricted", 3))
}

test_other_data_needs_no_workflow if {
	allowed(questions.without(questions.token, "/context/workflow"))
	allowed(json.remove(questions.token, ["/context/workflow", "/context/task", "/context/facts/task"]))
}

test_confidential_data_in_an_implicit_task_is_refused if {
	question := questions.without(confidential, "/context/workflow")
	not allowed(question)
	reasons(question) == {"workflow_required"}
}

test_the_child_of_an_exchange_stands_in_its_parents_workflow if {
	allowed(questions.changed(confidential, {"context": {"request": {"implicit_task": true}}}))
}

test_a_workflow_that_the_caller_says_is_not_trusted if not allowed(questions.sourced(confidential, "task", "caller"))

test_a_classification_that_the_caller_says_is_not_trusted if {
	not allowed(questions.sourced(questions.token, "resource", "caller"))
}

test_management_is_allowed if allowed(questions.act)

test_a_missing_fact_refuses if {
	every path in [
		"/resource/properties/classification_rank",
		"/context/facts/task",
		"/context/facts/resource",
		"/context/workflow/name",
		"/resource",
		"/context",
	] {
		not allowed(questions.without(confidential, path))
	}
}

test_without_its_setting_only_workflows_are_allowed if {
	implicit := questions.without(questions.token, "/context/workflow")
	not workflow.allow with input as implicit with data.writ.settings as {}
}
