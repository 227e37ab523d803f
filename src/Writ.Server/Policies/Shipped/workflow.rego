# METADATA
# title: Confidential data within a workflow
# description: >-
#   What is classified at or above settings.workflow_from is for tasks of a named workflow, not for tasks that open and
#   end with a token.
# custom:
#   controls: ["PR.AA-05", "PR.DS-10", "NHI5:2025", "NHI9:2025", "ASI03", "ASI10", "GOVERN 3.2"]
package writ.rules.workflow

# OWASP NHI5 and ASI03: the workflow bounds what its agents may need; NHI9, reuse of an identity for other work; ASI10,
# rogue agents; NIST CSF PR.AA-05 and PR.DS-10: least privilege, data in use; NIST AI RMF GOVERN 3.2: defined roles.

import data.writ.facts

default allow := false

allow if facts.management

allow if facts.rank < facts.ranks[data.writ.settings.workflow_from]

allow if {
	facts.rank >= 0
	facts.workflow != ""
}

reasons contains "workflow_required" if {
	facts.rank >= facts.ranks[data.writ.settings.workflow_from]
	not facts.workflow
}
