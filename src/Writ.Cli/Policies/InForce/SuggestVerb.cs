using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy suggest</c>: the least that identities need, by what they used; with <c>-o yaml</c> as
/// <c>writ apply</c> takes it.</summary>
internal static class SuggestVerb
{
    private static readonly Column[] Columns =
    [
        Column.Name("identity", "identity"),
        Column.Of("suggestion"),
        Column.Of("age_days"),
        Column.Of("last_used"),
        new("unused", item => Grants(item["unused"])),
        new("least", item => Grants(item["entitlements"])),
    ];

    public static Command Create(Verbs verbs)
    {
        var days = new Option<int>("--days")
        {
            Description = "What was not used for so many days is not needed.",
            DefaultValueFactory = _ => 90,
        };
        var identity = new Option<string?>("--identity") { Description = "Only of this one.", HelpName = "NAME" };
        var limit = new Option<int>("--limit") { Description = "How many.", DefaultValueFactory = _ => 500 };
        return verbs.Of(
            "suggest", "Suggests the least that identities need, by what they used; -o yaml is for writ apply.",
            async call =>
            {
                var path = $"/v1/suggestions?days={call.Get(days).ToString(CultureInfo.InvariantCulture)}";
                if (call.Get(identity) is { } name)
                    path += $"&identity={Uri.EscapeDataString(call.FullName(name))}";
                var items = await call.ListAsync(path, call.Get(limit));
                if (call.Print.Format == OutputFormat.Yaml)
                    await call.Outside.Out.WriteAsync(Manifests(items));
                else
                    call.Print.List(items, Columns);
            }, days, identity, limit);
    }

    private static string Grants(JsonNode? grants) =>
        grants is JsonArray list ? string.Join(' ', list.Select(Cell.Of)) : "";

    private static string Manifests(JsonArray items) => string.Concat(items
        .Where(item => (string?)item!["suggestion"] == "narrow")
        .Select(item => "---\n" + YamlText.Of(new JsonObject
        {
            ["kind"] = "Identity",
            ["version"] = "v1",
            ["metadata"] = new JsonObject { ["name"] = PathOf((string)item!["identity"]!) },
            ["spec"] = new JsonObject { ["entitlements"] = item["entitlements"]!.DeepClone() },
        })));

    // agent/billing of spiffe://example.org/agent/billing.
    private static string PathOf(string id) => string.Join('/', id.Split('/').Skip(3));
}
