using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Audit;

/// <summary><c>writ audit hold</c>: what of the log must not be erased.</summary>
internal static class HoldVerbs
{
    private static readonly Column[] Columns =
    [
        Column.Of("id"),
        Column.Name("who", "who"),
        Column.Of("task"),
        Column.Of("kind"),
        Column.Of("from"),
        Column.Of("to"),
        Column.Of("until"),
        Column.Name("by", "by"),
        Column.Of("released_at", "released"),
        Column.Of("reason"),
    ];

    public static Command Create(Verbs verbs) =>
        new("hold", "Legal holds: what of the log must not be erased, whatever its retention.")
        {
            Set(verbs),
            List(verbs),
            Release(verbs),
        };

    /// <summary>Which records; what all of it covers.</summary>
    internal static Field[] Selection() =>
    [
        Field.Text("--who", "who", "That tell of this one: agent/billing, operator/alice, user/corp/42, or an id."),
        Field.Text("--task", "task", "Of this task or one below it."),
        Field.Text("--kind", "kind", "Whose kind begins so: access."),
        Field.Text("--from", "from", "From this time on (RFC 3339)."),
        Field.Text("--to", "to", "Before this time (RFC 3339)."),
    ];

    private static Command Set(Verbs verbs)
    {
        var fields = new Fields(
        [
            .. Selection(),
            Field.Text("--until", "until", "When the hold ends by itself (RFC 3339)."),
            Field.Text("--reason", "reason", "Why; it is recorded.", required: true),
        ]);
        return verbs.Of("create", "Holds records; what all of the options cover.", async call =>
        {
            var answer = await call.SendAsync(HttpMethod.Post, "/v1/audit/holds", fields.Body(call));
            call.Print.Done($"{Cell.Of(answer["id"])} is in force.", answer);
        }, fields.Options);
    }

    private static Command List(Verbs verbs)
    {
        var all = new Option<bool>("--all") { Description = "Those that were released, too." };
        var limit = new Option<int>("--limit")
        {
            Description = "How many at the most.",
            DefaultValueFactory = _ => 1000,
        };
        return verbs.Of("list", "Lists legal holds, the newest first.", async call =>
            call.Print.List(
                await call.ListAsync(call.Get(all) ? "/v1/audit/holds?all=true" : "/v1/audit/holds", call.Get(limit)),
                Columns), all, limit);
    }

    private static Command Release(Verbs verbs)
    {
        var id = new Argument<string>("id") { Description = "The hold." };
        var fields = new Fields(Field.Text("--reason", "reason", "Why; it is recorded.", required: true));
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask first." };
        return verbs.Of("release", "Releases a hold: what it held may be erased.", async call =>
        {
            await call.ConfirmAsync($"Release {call.Get(id)}?", call.Get(yes));
            var answer = await call.SendAsync(
                HttpMethod.Delete, fields.Query(call, $"/v1/audit/holds/{call.Escaped(id)}"));
            call.Print.Done($"{call.Get(id)} is released.", answer);
        }, [id, .. fields.Options, yes]);
    }
}
