package writ.rules.bearer_test

import data.writ.questions_test as questions
import data.writ.rules.bearer

settings := {"bearer_lifetime_seconds": 900, "bearer_up_to": "internal"}

allowed(question) if bearer.allow with input as question with data.writ.settings as settings

reasons(question) := found if found := bearer.reasons with input as question with data.writ.settings as settings

obligations(question) := found if {
	found := bearer.obligations with input as question with data.writ.settings as settings
}

confidential := questions.classified(questions.token, "confidential", 2)

test_bound_tokens_are_allowed_as_they_are if {
	every binding in ["dpop", "mtls"] {
		question := questions.changed(confidential, {"context": {"binding": {"type": binding}}})
		allowed(question)
		obligations(question) == set()
	}
}

test_bearer_tokens_for_internal_data_are_short if {
	question := questions.unbound(questions.token)
	allowed(question)
	obligations(question) == {{"max_lifetime_seconds": 900}}
	allowed(questions.classified(question, "public", 0))
}

test_bearer_tokens_for_confidential_data_are_refused if {
	every question in [
		questions.unbound(confidential),
		questions.changed(confidential, {"context": {"binding": {"type": "none"}}}),
	] {
		not allowed(question)
		reasons(question) == {"bearer_not_for_data"}
	}
}

test_an_access_by_whoever_has_no_bearer_tokens_is_allowed if {
	question := questions.kind(questions.unbound(confidential), "access")
	allowed(question)
	obligations(question) == set()
}

test_an_access_by_whoever_may_have_bearer_tokens_is_refused if {
	question := questions.kind(questions.unbound(confidential), "access")
	not allowed(questions.changed(question, {"subject": {"properties": {"bearer": true}}}))
}

test_what_the_caller_says_is_not_trusted if {
	not allowed(questions.sourced(questions.unbound(questions.token), "resource", "caller"))
	not allowed(questions.sourced(questions.kind(questions.unbound(confidential), "access"), "subject", "caller"))
}

test_management_with_a_bearer_token_is_short if {
	question := questions.unbound(questions.act)
	allowed(question)
	obligations(questions.kind(question, "token.issue")) == {{"max_lifetime_seconds": 900}}
}

test_a_missing_fact_refuses if {
	every path in ["/resource/properties/classification_rank", "/context/facts/resource", "/resource", "/context"] {
		not allowed(questions.without(questions.unbound(questions.token), path))
	}
	not allowed(questions.without(questions.kind(questions.unbound(confidential), "access"), "/subject/properties/bearer"))
}

test_a_missing_setting_refuses if {
	every name, _ in settings {
		question := questions.unbound(questions.token)
		not bearer.allow with input as question with data.writ.settings as object.remove(settings, [name])
	}
}
