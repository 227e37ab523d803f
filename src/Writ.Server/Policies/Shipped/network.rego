# METADATA
# title: From the networks that data may go to
# description: >-
#   Where settings.zones_by_classification lists zones for a classification, whoever asks must be in one of them.
# custom:
#   controls: ["PR.IR-01", "ID.AM-03", "DE.CM-01", "NHI6:2025", "NHI8:2025"]
package writ.rules.network

# NIST CSF PR.IR-01, ID.AM-03 and DE.CM-01: networks are protected, flows of data known and monitored; OWASP NHI6 and
# NHI8: insecure cloud configurations, isolation of environments. By NIST SP 800-207, tenet 2, a place in the network
# can only take away: it gives nothing.

import data.writ.facts

default allow := false

allow if facts.management

allow if {
	facts.resource
	facts.ranks[input.resource.properties.classification] >= 0
	is_object(data.writ.settings.zones_by_classification)
	not zones
}

allow if {
	facts.resource
	facts.network
	some zone in input.context.network.zones
	zone in zones
}

zones := data.writ.settings.zones_by_classification[input.resource.properties.classification]

reasons contains "outside_zone" if {
	zones
	not facts.management
	not allow
}
