namespace Writ.Bench.Rego;

/// <summary>A module as people write them, for measuring how fast such text is read.</summary>
internal static class PolicyText
{
    public const string Usual = """
        # METADATA
        # title: Orders of shop NUMBER
        # description: Who may read and change orders, and what is refused whoever asks.
        package shops.shopNUMBER.orders

        import data.shops.shopNUMBER.roles
        import data.directory

        default allow := false

        # Everybody may see what is public.
        allow if {
          input.action.name == "orders:read"
          input.resource.labels.visibility == "public"
        }

        # An agent may do what one of its roles grants, in its own region, during its task.
        allow if {
          some role in user_roles
          some grant in roles[role].grants
          grant.action == input.action.name
          grant.resource == input.resource.type
          input.resource.region in regions
          not expired(input.task)
        }

        # The owner of an order may always cancel it.
        allow if {
          input.action.name == "orders:cancel"
          input.resource.owner == input.subject.id
          count(deny) == 0
        }

        user_roles contains role if {
          some role in input.subject.roles
        }

        user_roles contains role if {
          some group in input.subject.groups
          some role in directory.groups[group].roles
        }

        regions := {region |
          some office in directory.offices
          office.id in input.subject.offices
          region := lower(office.region)
        }

        expired(task) if time.now_ns() > task.deadline

        expired(task) if task.state in {"done", "failed", "revoked"}

        deny contains message if {
          some item in input.resource.items
          item.price > limit(item.category)
          most := limit(item.category)
          message := sprintf("item %v of shop NUMBER costs %d, more than %d", [item.id, item.price, most])
        }

        deny contains "the amount is not a number" if not is_number(input.resource.amount)

        deny contains message if {
          some key, value in input.resource.labels
          not regex.match(`^[a-z][a-z0-9-]{0,62}$`, key)
          message := concat(" ", ["the label", key, "is none, it has", format_int(count(value), 10)])
        }

        limit(category) := 5000 if category == "furniture"

        else := 1000 if category in ["books", "games"]

        else := 250

        risk := sum([weight |
          some signal in input.signals
          weight := object.get({"travel": 3, "night": 1, "velocity": 5}, signal.kind, 2)
        ])

        obligations[name] := value if {
          risk >= 5
          some name, value in {"approval": "owner", "logging": "full"}
        }

        quiet if {
          every signal in input.signals {
            signal.age > 3600
            signal.kind != "velocity"
          }
        }

        """;
}
