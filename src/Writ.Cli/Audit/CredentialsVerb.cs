using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Audit;

/// <summary>
/// <c>writ audit credentials</c>: with which credentials somebody worked, one a line: for whom, for what, how long, by
/// which version of the policy, approved by whom, and what became of it.
/// </summary>
internal static class CredentialsVerb
{
    private static readonly Column[] Columns =
    [
        Column.Of("issued"),
        Column.Of("jti", "credential"),
        Column.Name("client", "client"),
        Column.Name("on_behalf_of", "for"),
        Column.Of("actions"),
        Column.Of("resources"),
        Column.Of("lifetime_seconds", "seconds"),
        new("policy", item => Short(Cell.Of(item["policy"]))),
        Column.Name("approved_by", "approved by"),
        Column.Of("task"),
        Column.Of("handed_on", "handed on"),
        Column.Of("ended"),
    ];

    public static Command Create(Verbs verbs)
    {
        var questions = new RecordQuestions();
        var limit = new Option<int>("--limit")
        {
            Description = "How many records of credentials are looked at.",
            DefaultValueFactory = _ => 5000,
        };
        return verbs.Of("credentials", "Lists credentials, newest last: whose, for whom, for what.", async call =>
        {
            // Their records alone, unless others were asked for.
            var path = questions.Path(call, "desc");
            if (!path.Contains("kind=", StringComparison.Ordinal))
                path += "&kind=token";
            var records = await call.ListAsync(path, call.Get(limit));
            call.Print.List(Group(records), Columns);
        }, [.. questions.Options, limit]);
    }

    /// <summary>The records of each credential as one item, in the order of their issue.</summary>
    internal static JsonArray Group(JsonArray newestFirst)
    {
        var credentials = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var item in newestFirst.Reverse().OfType<JsonObject>())
        {
            if (item["record"] is not JsonObject record || (string?)record["outcome"] != "allow")
                continue;
            var kind = (string?)record["kind"] ?? "";
            foreach (var named in (item["credentials"] as JsonArray ?? []).Select(name => (string?)name))
            {
                if (named is null || !credentials.TryGetValue(named, out var known))
                    continue;
                if (record["jti"] is not null)
                    known["handed_on"] = ((int?)known["handed_on"] ?? 0) + 1;
                else
                    known["ended"] = $"{Cell.Of(item["time"])} {kind} {(string?)record["reason"]}".TrimEnd();
            }

            if ((string?)record["jti"] is { } jti)
                credentials[jti] = Issued(jti, item, record);
        }

        return [.. credentials.Values];
    }

    private static JsonObject Issued(string jti, JsonObject item, JsonObject record)
    {
        var credential = new JsonObject { ["issued"] = item["time"]?.DeepClone(), ["jti"] = jti };
        credential["client"] = record["actor"]?.DeepClone();
        foreach (var name in (string[])["subject", "task", "decision_id"])
            Copy(name, record);
        foreach (var name in (string[])
            [
                "on_behalf_of", "workflow", "actions", "resources", "expires", "lifetime_seconds", "policy",
                "approvals", "approved_by", "chain",
            ])
        {
            Copy(name, item);
        }

        return credential;

        void Copy(string name, JsonObject from)
        {
            if (from[name] is { } value)
                credential[name] = value.DeepClone();
        }
    }

    private static string Short(string digest) => digest.Length > 12 ? digest[..12] : digest;
}
