package writ.rules.risk_test

import data.writ.questions_test as questions
import data.writ.rules.risk

settings := {
	"risk_max_age_ms": 5000,
	"risk_narrow_from": 50,
	"risk_narrow_lifetime_seconds": 300,
	"risk_narrow_refuses_from": "restricted",
	"risk_refuse_from": 80,
}

allowed(question) if risk.allow with input as question with data.writ.settings as settings

reasons(question) := found if found := risk.reasons with input as question with data.writ.settings as settings

obligations(question) := found if {
	found := risk.obligations with input as question with data.writ.settings as settings
}

scored(question, score) := questions.changed(question, {"context": {"risk": {"score": score}}})

test_low_risk_is_allowed_as_it_is if {
	every score in [0, 49] {
		allowed(scored(questions.token, score))
		obligations(scored(questions.token, score)) == set()
	}
}

test_raised_risk_is_allowed_for_a_short_time if {
	every score in [50, 79] {
		allowed(scored(questions.token, score))
		obligations(scored(questions.token, score)) == {{"max_lifetime_seconds": 300}}
	}
}

test_raised_risk_asks_for_a_bound_token if {
	question := questions.unbound(scored(questions.token, 50))
	allowed(question)
	obligations(question) == {{"max_lifetime_seconds": 300}, {"step_up": "dpop"}}
}

test_a_client_certificate_binds_too if {
	question := questions.changed(scored(questions.token, 50), {"context": {"binding": {"type": "mtls"}}})
	obligations(question) == {{"max_lifetime_seconds": 300}}
}

test_only_what_lives_on_is_shortened if {
	every kind in ["access", "act", "task.start"] {
		obligations(questions.kind(scored(questions.token, 50), kind)) == set()
	}
	obligations(questions.kind(scored(questions.token, 50), "lease.issue")) == {{"max_lifetime_seconds": 300}}
}

test_raised_risk_is_refused_restricted_data if {
	question := scored(questions.classified(questions.token, "restricted", 3), 50)
	not allowed(question)
	reasons(question) == {"risk_too_high_for_data"}
}

test_high_risk_is_refused if {
	every score in [80, 1000] {
		not allowed(scored(questions.token, score))
		reasons(scored(questions.token, score)) == {"risk_too_high"}
		not allowed(scored(questions.act, score))
	}
}

test_operators_are_held_to_it_too if {
	allowed(questions.act)
	allowed(scored(questions.act, 50))
}

test_an_old_score_is_none if {
	question := questions.changed(questions.token, {"context": {"facts": {"risk": {"age_ms": 5001}}}})
	not allowed(question)
	reasons(question) == {"risk_stale"}
}

test_a_score_that_the_caller_says_is_not_trusted if not allowed(questions.sourced(questions.token, "risk", "caller"))

test_a_missing_score_is_refused if {
	question := questions.without(questions.token, "/context/risk")
	not allowed(question)
	reasons(question) == {"risk_unknown"}
}

test_a_missing_fact_refuses if {
	every path in ["/context/risk/score", "/context/facts/risk", "/context/facts/risk/age_ms", "/context"] {
		not allowed(questions.without(questions.token, path))
	}

	every path in ["/resource/properties/classification_rank", "/context/facts/resource"] {
		not allowed(questions.without(scored(questions.token, 50), path))
	}
}

test_a_missing_setting_refuses if {
	every name, _ in settings {
		question := scored(questions.token, 50)
		not risk.allow with input as question with data.writ.settings as object.remove(settings, [name])
	}
}
