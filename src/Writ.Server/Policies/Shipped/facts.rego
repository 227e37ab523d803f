# METADATA
# title: What the rules take for known
# description: >-
#   Common words of the shipped rules: which facts the broker itself answers for, what is management, and where the
#   settings draw their lines.
package writ.facts

# Places of the classifications, from 0: settings name them, and facts bear both name and rank.
ranks := {"public": 0, "internal": 1, "confidential": 2, "restricted": 3}

# A group of facts is known where its source is named and is not whoever asks.
subject if input.context.facts.subject.source != "caller"

resource if input.context.facts.resource.source != "caller"

task if input.context.facts.task.source != "caller"

user if input.context.facts.user.source != "caller"

network if input.context.facts.network.source != "caller"

# The management API has no data of its own to classify: roles, teams and own acts are the broker's rules. The word of
# whoever asks does not make a thing part of it.
management if {
	input.resource.type == "writ"
	resource
}

# The classification of what is asked for, where the broker knows it.
rank := input.resource.properties.classification_rank if resource

# What is asked for proves its holder: a thief of the token alone has nothing.
sender_constrained if input.context.binding.type in {"dpop", "mtls"}

# What is asked for lives on by itself: a token, and whatever else is not one of these. A task gives nothing yet, and
# the answers to an act or an access are over when they are given.
issues if not passing

passing if input.context.request.kind in {"task.start", "act", "access"}

# Within a named workflow: neither implicit, nor asserted.
workflow := input.context.workflow.name if task

# Unknown, and so neither true nor false, where the verb or the list is not known.
administrative if has_administrative_verb

administrative := false if {
	is_array(data.writ.settings.administrative_verbs)
	is_string(input.action.properties.verb)
	not has_administrative_verb
}

has_administrative_verb if input.action.properties.verb in data.writ.settings.administrative_verbs
