using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ finding</c>: what somebody must mend.</summary>
internal static class FindingNoun
{
    private static readonly Column[] Columns =
    [
        Column.Of("id"),
        Column.Of("status"),
        Column.Of("severity"),
        Column.Of("kind"),
        Column.Name("subject", "subject"),
        Column.Name("owner", "owner"),
        Column.Of("count", "seen"),
        Column.Of("last_seen", "last"),
        Column.Of("message"),
    ];

    public static Command Create(Verbs verbs) =>
        new("finding", "What somebody must mend: bearer tokens, unrotated keys, stolen tickets.")
    {
        List(verbs),
        Show(verbs),
        Close(verbs),
    };

    private static Command List(Verbs verbs)
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many at the most.",
            DefaultValueFactory = _ => 1000,
        };
        var filters = new Fields(
            Field.Text("--kind", "kind", "Only this kind."),
            Field.Text("--owner", "owner", "Only this owner's."),
            Field.Text("--team", "team", "Only this team's."));
        var status = new Option<string>("--status")
        {
            Description = "Only in this state.",
            HelpName = "open|closed|all",
            DefaultValueFactory = _ => "open",
        };
        status.AcceptOnlyFromAmong("open", "closed", "all");
        return verbs.Of("list", "Lists findings; those that are open unless told.", async call =>
        {
            var path = filters.Query(call, "/v1/findings");
            if (call.Get(status) is not "all")
                path += $"{(path.Contains('?') ? '&' : '?')}status={call.Get(status)}";
            call.Print.List(await call.ListAsync(path, call.Get(limit)), Columns);
        }, [status, .. filters.Options, limit]);
    }

    private static Command Show(Verbs verbs)
    {
        var id = new Argument<string>("id") { Description = "The finding." };
        return verbs.Of("show", "Shows a finding.", async call =>
            call.Print.One(await call.SendAsync(HttpMethod.Get, $"/v1/findings/{call.Escaped(id)}")), id);
    }

    private static Command Close(Verbs verbs)
    {
        var id = new Argument<string>("id") { Description = "The finding." };
        var fields = new Fields(Field.Text("--reason", "reason", "How it was mended.", required: true));
        return verbs.Of("close", "Closes a finding; it opens anew when it is seen again.", async call =>
        {
            var path = $"/v1/findings/{call.Escaped(id)}/close";
            var answer = await call.SendAsync(HttpMethod.Post, path, fields.Body(call));
            call.Print.Done($"{call.Get(id)} is closed.", answer);
        }, [id, .. fields.Options]);
    }
}
