# METADATA
# title: The settings in force
# description: >-
#   The other tests bring settings of their own; these hold the real ones to what the rules can read, so that a word
#   that is misspelt is found before a policy takes effect.
package writ.settings_test

settings := data.writ.settings

classifications := {"public", "internal", "confidential", "restricted"}

test_lists_are_lists_of_words if {
	every name in ["administrative_verbs", "approvers", "high_impact_actions", "high_impact_verbs", "reading_verbs"] {
		is_array(settings[name])
		every word in settings[name] {
			is_string(word)
			word != ""
		}
	}
}

test_actions_are_written_as_actions if {
	every action in settings.high_impact_actions {
		regex.match(`^[a-z][a-z0-9_]*:[a-z][a-z0-9_]*$`, action)
	}
}

test_approvers_are_teams_roles_or_operators if {
	every approver in settings.approvers {
		regex.match(`^(team:.+|role:(viewer|operator|owner)|spiffe://.+)$`, approver)
	}
}

test_classifications_are_known if {
	every name in [
		"bearer_up_to",
		"delegation_hours_from",
		"high_impact_from",
		"risk_narrow_refuses_from",
		"workflow_from",
	] {
		settings[name] in classifications
	}

	every name, _ in settings.zones_by_classification {
		name in classifications
	}
}

test_zones_are_lists if {
	is_object(settings.zones_by_classification)
	every zones in settings.zones_by_classification {
		is_array(zones)
	}
}

test_spans_are_whole_and_above_nothing if {
	every name in [
		"administrative_lifetime_seconds",
		"approval_window_seconds",
		"bearer_lifetime_seconds",
		"risk_max_age_ms",
		"risk_narrow_lifetime_seconds",
	] {
		is_number(settings[name])
		settings[name] > 0
		round(settings[name]) == settings[name]
	}
}

test_depths_are_whole if {
	every name in ["administrative_delegation_depth", "delegation_depth"] {
		is_number(settings[name])
		settings[name] >= 0
		round(settings[name]) == settings[name]
	}
}

test_risk_narrows_before_it_refuses if {
	is_number(settings.risk_narrow_from)
	is_number(settings.risk_refuse_from)
	settings.risk_narrow_from <= settings.risk_refuse_from
}

test_hours_lie_within_a_day if {
	is_array(settings.delegation_hours)
	every hours in settings.delegation_hours {
		count(hours.days) > 0
		every day in hours.days {
			day in {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
		}
		regex.match(`^([01][0-9]|2[0-3]):[0-5][0-9]$`, hours.from)
		regex.match(`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`, hours.to)
		hours.from < hours.to
	}
}

test_the_time_zone_exists if {
	[hour, _, _] := time.clock([0, settings.delegation_timezone])
	hour >= 0
}

test_no_other_names_are_set if {
	known := {
		"administrative_delegation_depth",
		"administrative_lifetime_seconds",
		"administrative_verbs",
		"approval_window_seconds",
		"approvers",
		"bearer_lifetime_seconds",
		"bearer_up_to",
		"delegation_depth",
		"delegation_hours",
		"delegation_hours_from",
		"delegation_timezone",
		"high_impact_actions",
		"high_impact_from",
		"high_impact_verbs",
		"reading_verbs",
		"risk_max_age_ms",
		"risk_narrow_from",
		"risk_narrow_lifetime_seconds",
		"risk_narrow_refuses_from",
		"risk_refuse_from",
		"workflow_from",
		"zones_by_classification",
	}
	object.keys(settings) == known
}
