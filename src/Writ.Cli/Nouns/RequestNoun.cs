using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ request</c>: what waits for a person's yes.</summary>
internal static class RequestNoun
{
    private static readonly Column[] Columns =
    [
        Column.Of("id"),
        Column.Of("status"),
        Column.Of("kind"),
        Column.Name("requester", "requester"),
        Column.Of("created_at", "asked"),
        Column.Of("expires_at", "until"),
        Column.Of("because"),
    ];

    public static Command Create(Verbs verbs) =>
        new("request", "What waits for a person's yes: look at it, approve it, deny it.")
    {
        List(verbs),
        Show(verbs),
        Decide(verbs, "approve", "Says yes to that very thing, once, for its window.", "approved"),
        Decide(verbs, "deny", "Says no.", "denied"),
    };

    private static Command List(Verbs verbs)
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many at the most.",
            DefaultValueFactory = _ => 1000,
        };
        var filters = new Fields(Field.Text("--team", "team", "Only this team's."));
        var status = new Option<string>("--status")
        {
            Description = "Only in this state.",
            HelpName = "pending|approved|used|denied|expired|void|all",
            DefaultValueFactory = _ => "pending",
        };
        status.AcceptOnlyFromAmong("pending", "approved", "used", "denied", "expired", "void", "all");
        return verbs.Of("list", "Lists requests; those that wait unless told.", async call =>
        {
            var path = filters.Query(call, "/v1/approvals");
            if (call.Get(status) is not "all")
                path += $"{(path.Contains('?') ? '&' : '?')}status={call.Get(status)}";
            call.Print.List(await call.ListAsync(path, call.Get(limit)), Columns);
        }, [status, .. filters.Options, limit]);
    }

    private static Command Show(Verbs verbs)
    {
        var id = new Argument<string>("id") { Description = "The request." };
        return verbs.Of("show", "Shows what is asked, exactly, and what became of it.", async call =>
            call.Print.One(await call.NamedAsync(
                await call.SendAsync(HttpMethod.Get, $"/v1/approvals/{call.Escaped(id)}"))), id);
    }

    private static Command Decide(Verbs verbs, string verb, string says, string done)
    {
        var id = new Argument<string>("id") { Description = "The request." };
        var fields = new Fields(Field.Text(
            "--reason", "because", "Why; whoever asked is told, and it is recorded.", aliases: "--because"));
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not show it and ask first." };
        return verbs.Of(verb, says, async call =>
        {
            var path = $"/v1/approvals/{call.Escaped(id)}";
            // Nobody says yes to what they have not seen.
            if (!call.Get(yes) && call.Outside.IsInteractive)
                call.Print.One(await call.NamedAsync(await call.SendAsync(HttpMethod.Get, path)));
            await call.ConfirmAsync($"{char.ToUpperInvariant(verb[0])}{verb[1..]} {call.Get(id)}?", call.Get(yes));
            var answer = await call.SendAsync(HttpMethod.Post, $"{path}/{verb}", fields.Body(call));
            call.Print.Done($"{call.Get(id)} is {done}.", answer);
        }, [id, .. fields.Options, yes]);
    }
}

/// <summary><c>writ notice</c>: of what the policy wants people told.</summary>
internal static class NoticeNoun
{
    private static readonly Column[] Columns =
    [
        Column.Of("at"),
        Column.Of("whom"),
        Column.Of("kind"),
        Column.Name("subject", "subject"),
        Column.Name("actor", "by"),
        Column.Of("decision_id", "decision"),
    ];

    public static Command Create(Verbs verbs)
    {
        var limit = new Option<int>("--limit")
        {
            Description = "How many at the most.",
            DefaultValueFactory = _ => 1000,
        };
        var filters = new Fields(Field.Text("--whom", "whom", "Only for these: team:NAME, role:NAME or an operator."));
        return new Command("notice", "Of what the policy wants people told.")
        {
            verbs.Of("list", "Lists notices for you and your team, the newest first.", async call =>
                call.Print.List(await call.ListAsync(filters.Query(call, "/v1/notices"), call.Get(limit)), Columns),
                [.. filters.Options, limit]),
        };
    }
}
