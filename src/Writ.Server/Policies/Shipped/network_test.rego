package writ.rules.network_test

import data.writ.questions_test as questions
import data.writ.rules.network

settings := {"zones_by_classification": {"confidential": ["office", "cluster"], "restricted": []}}

allowed(question) if network.allow with input as question with data.writ.settings as settings

reasons(question) := found if found := network.reasons with input as question with data.writ.settings as settings

confidential := questions.classified(questions.token, "confidential", 2)

within(question, zones) := questions.changed(question, {"context": {"network": {"zones": zones}}})

test_a_classification_without_zones_is_allowed_from_anywhere if {
	allowed(questions.token)
	allowed(within(questions.token, []))
	allowed(questions.without(questions.token, "/context/network"))
}

test_a_network_of_the_zones_is_allowed if {
	allowed(confidential)
	allowed(within(confidential, ["internet", "cluster"]))
}

test_another_network_is_refused if {
	every zones in [[], ["internet"]] {
		not allowed(within(confidential, zones))
		reasons(within(confidential, zones)) == {"outside_zone"}
	}
}

test_a_classification_with_no_zone_is_refused_everywhere if {
	not allowed(questions.classified(questions.token, "restricted", 3))
}

test_a_network_that_the_caller_says_is_not_trusted if not allowed(questions.sourced(confidential, "network", "caller"))

test_a_classification_that_the_caller_says_is_not_trusted if {
	not allowed(questions.sourced(questions.token, "resource", "caller"))
}

test_management_is_allowed if allowed(questions.act)

test_a_missing_fact_refuses if {
	every path in [
		"/context/network",
		"/context/network/zones",
		"/context/facts/network",
		"/context/facts/resource",
		"/resource/properties/classification",
	] {
		not allowed(questions.without(confidential, path))
	}
	not allowed(questions.without(questions.token, "/resource/properties/classification"))
}

test_a_missing_setting_refuses if not network.allow with input as questions.token with data.writ.settings as {}
