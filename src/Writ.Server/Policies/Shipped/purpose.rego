# METADATA
# title: For the purposes that it is meant for
# description: >-
#   A resource that names purposes is for tasks of these purposes, and so is a workflow that names them. Without a task
#   there is no purpose.
# custom:
#   controls: ["PR.AA-05", "GV.OC-03", "ASI01", "ASI02", "MAP 1.6", "MEASURE 2.10"]
package writ.rules.purpose

# OWASP ASI01 and ASI02: an agent whose goal was changed, or that misuses a tool, is outside its purpose; NIST CSF
# PR.AA-05 and GV.OC-03: permissions by policy, obligations of privacy; NIST AI RMF MAP 1.6 and MEASURE 2.10: privacy.

import data.writ.facts

default allow := false

allow if facts.management

allow if {
	facts.resource
	resource_agrees
	workflow_agrees
}

resource_agrees if count(object.get(input.resource.properties, "purposes", [])) == 0

resource_agrees if {
	facts.task
	input.context.task.purpose in input.resource.properties.purposes
}

# No workflow at all: "implicit" is no name that one can have.
workflow_agrees if {
	not input.context.workflow
	not input.context.task.workflow
}

workflow_agrees if {
	not input.context.workflow
	input.context.task.workflow == "implicit"
}

workflow_agrees if {
	facts.task
	count(object.get(input.context.workflow, "purposes", [])) == 0
}

workflow_agrees if {
	facts.task
	input.context.task.purpose in input.context.workflow.purposes
}

reasons contains "purpose_not_of_resource" if {
	facts.resource
	not facts.management
	not resource_agrees
}

reasons contains "purpose_not_of_workflow" if {
	facts.resource
	not facts.management
	not workflow_agrees
}
