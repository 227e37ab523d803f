package writ.rules.purpose_test

import data.writ.questions_test as questions
import data.writ.rules.purpose

allowed(question) if purpose.allow with input as question

reasons(question) := found if found := purpose.reasons with input as question

purposes := ["monthly billing", "audit"]

for_billing := questions.changed(questions.token, {"resource": {"properties": {"purposes": purposes}}})

within_billing := questions.changed(questions.token, {"context": {"workflow": {"purposes": ["monthly billing"]}}})

other_purpose := {"context": {"task": {"purpose": "marketing"}}}

no_task(question) := json.remove(question, ["/context/task", "/context/workflow", "/context/facts/task"])

test_where_nothing_names_purposes_any_is_allowed if {
	allowed(questions.token)
	allowed(questions.changed(questions.token, other_purpose))
	allowed(no_task(questions.token))
}

test_tasks_of_the_purposes_are_allowed if {
	allowed(for_billing)
	allowed(within_billing)
}

test_another_purpose_than_the_resources_is_refused if {
	question := questions.changed(for_billing, other_purpose)
	not allowed(question)
	reasons(question) == {"purpose_not_of_resource"}
}

test_another_purpose_than_the_workflows_is_refused if {
	question := questions.changed(within_billing, other_purpose)
	not allowed(question)
	reasons(question) == {"purpose_not_of_workflow"}
}

test_without_a_task_there_is_no_purpose if {
	question := no_task(for_billing)
	not allowed(question)
	reasons(question) == {"purpose_not_of_resource"}
}

test_an_implicit_task_belongs_to_no_workflow if {
	question := questions.without(questions.token, "/context/workflow")
	allowed(questions.changed(question, {"context": {"task": {"workflow": "implicit"}}}))
	not allowed(question)
}

test_a_purpose_that_the_caller_says_is_not_trusted if {
	not allowed(questions.sourced(for_billing, "task", "caller"))
	not allowed(questions.sourced(within_billing, "task", "caller"))
}

test_purposes_that_the_caller_leaves_out_are_not_trusted if {
	not allowed(questions.sourced(questions.token, "resource", "caller"))
}

test_management_is_allowed if allowed(questions.act)

test_a_missing_fact_refuses if {
	every path in [
		"/context/task/purpose",
		"/context/facts/task",
		"/context/facts/resource",
		"/context/facts",
		"/resource/properties",
		"/context",
	] {
		not allowed(questions.without(for_billing, path))
	}

	every path in ["/context/task/purpose", "/context/facts/task", "/context/workflow", "/context"] {
		not allowed(questions.without(within_billing, path))
	}
}
