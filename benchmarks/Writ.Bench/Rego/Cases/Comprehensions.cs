using System.Globalization;

namespace Writ.Bench.Rego.Cases;

/// <summary>Sums, groups and joins over a list of two hundred orders.</summary>
internal sealed class Comprehensions : RegoCase
{
    private readonly Ask[] _inputs;

    public Comprehensions() => _inputs = Read<Ask>(Inputs);

    public override string Name => "comprehensions, 200 items";

    public override string Query => "data.bench.report";

    public override string Policy => """
        package bench

        open := [order | some order in input.orders; order.status == "open"]

        customers := {order.customer | some order in open}

        totals[customer] := sum([order.total | some order in open; order.customer == customer]) if {
          some customer in customers
        }

        by_region := {region: count(orders) |
          some region in {order.region | some order in input.orders}
          orders := [order | some order in input.orders; order.region == region]
        }

        report := {
          "totals": totals,
          "by_region": by_region,
          "large": [order.id | some order in open; order.total > 900],
          "blocked": {order.id | some order in input.orders; order.customer in input.blocked},
        }
        """;

    public override IReadOnlyList<string> Inputs { get; } = [.. Enumerable.Range(0, 4).Select(Make)];

    public override object Decide(int input)
    {
        var ask = _inputs[input];
        var blocked = ask.Blocked.ToHashSet(StringComparer.Ordinal);
        var totals = new Dictionary<string, int>(StringComparer.Ordinal);
        var regions = new Dictionary<string, int>(StringComparer.Ordinal);
        var large = new List<string>();
        var held = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var order in ask.Orders)
        {
            regions[order.Region] = regions.GetValueOrDefault(order.Region) + 1;
            if (blocked.Contains(order.Customer))
                held.Add(order.Id);
            if (order.Status != "open")
                continue;
            totals[order.Customer] = totals.GetValueOrDefault(order.Customer) + order.Total;
            if (order.Total > 900)
                large.Add(order.Id);
        }

        return new { totals, by_region = regions, large, blocked = held };
    }

    private static string Make(int n)
    {
        var orders = Enumerable.Range(0, 200).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"id":"o{{i:0000}}","customer":"c{{(i * 7 + n) % 20}}","region":"r{{i % 6}}",
             "status":"{{(i % 3 == 0 ? "closed" : "open")}}","total":{{(i * 37 + n) % 1000}}}
            """));
        return $$"""{"orders":[{{string.Join(',', orders)}}],"blocked":["c3","c11","c99"]}""";
    }

    private sealed record Ask(Order[] Orders, string[] Blocked);

    private sealed record Order(string Id, string Customer, string Region, string Status, int Total);
}
