using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ identity</c>: agents and every other non-human identity.</summary>
internal static class IdentityNoun
{
    private static readonly Column[] Columns =
    [
        Column.Name("id", "name"),
        Column.Of("kind"),
        Column.Of("status"),
        Column.Name("owner", "owner"),
        Column.Of("team"),
        Column.Of("expires_at", "expires"),
        Column.Of("purpose"),
    ];

    public static Command Create(Verbs verbs) =>
        new("identity", "Agents, workloads, service accounts: who they are and what they may ask for.")
    {
        New(verbs),
        List(verbs),
        Show(verbs),
        Update(verbs),
        Turn(verbs, "suspend", "Refuses it from now on, and revokes what it holds.", "is suspended."),
        Turn(verbs, "resume", "Lets a suspended identity in again.", "is active again."),
        Decommission(verbs),
        IdentityKeys.Create(verbs),
    };

    /// <summary>The path of one identity, from <c>agent/billing</c> or its whole SPIFFE id.</summary>
    public static string PathOf(string name) =>
        "/v1/identities/" + string.Join('/', Cell.Short(name).Split('/').Select(Uri.EscapeDataString));

    private static Argument<string> Name() =>
        new("name") { Description = "Its name, such as agent/billing, or its SPIFFE id." };

    private static Command New(Verbs verbs)
    {
        var name = Name();
        var keys = new KeyOptions();
        var fields = new Fields([.. Profile(required: true), .. Authority()]);
        return verbs.Of("create", "Registers an identity; its private key never leaves this machine.", async call =>
        {
            using var key = keys.Take(call);
            var body = fields.Body(call, [new("name", call.Get(name))]);
            body.TryAdd("kind", call.Get(name) is { } path && path.Contains('/') ? path[..path.IndexOf('/')] : "agent");
            if (key.Json is { } json)
                body["keys"] = new JsonArray(json);
            var answer = await call.SendAsync(HttpMethod.Post, "/v1/identities", body);
            key.Keep();
            call.Print.One(await call.NamedAsync(answer));
        }, [name, .. fields.Options, .. keys.All]);
    }

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
            Field.Text("--team", "team", "Only this team's."),
            Field.OneOf("--status", "status", "Only in this state.", "active", "suspended", "decommissioned"),
            Field.Labels("--label", "label", "Only with this label."));
        return verbs.Of("list", "Lists identities.", async call =>
            call.Print.List(await call.ListAsync(filters.Query(call, "/v1/identities"), call.Get(limit)), Columns),
            [.. filters.Options, limit]);
    }

    private static Command Show(Verbs verbs)
    {
        var name = Name();
        return verbs.Of("show", "Shows an identity, its entitlements and its keys.", async call =>
            call.Print.One(await call.NamedAsync(await call.SendAsync(HttpMethod.Get, PathOf(call.Get(name))))), name);
    }

    private static Command Update(Verbs verbs)
    {
        var name = Name();
        var fields = new Fields([.. Profile(required: false), .. Authority()]);
        return verbs.Of("update", "Changes what is given; lists are replaced whole.", async call =>
            call.Print.One(await call.NamedAsync(
                await call.SendAsync(HttpMethod.Patch, PathOf(call.Get(name)), fields.Body(call)))),
            [name, .. fields.Options]);
    }

    private static Command Turn(Verbs verbs, string verb, string description, string outcome)
    {
        var name = Name();
        var fields = new Fields(Field.Text("--reason", "reason", "Why; it is recorded."));
        return verbs.Of(verb, description, async call =>
        {
            var path = $"{PathOf(call.Get(name))}/{verb}";
            var answer = await call.SendAsync(HttpMethod.Post, path, fields.Body(call));
            call.Print.Done($"{Cell.Short(call.Get(name))} {outcome}", answer);
        }, [name, .. fields.Options]);
    }

    private static Command Decommission(Verbs verbs)
    {
        var name = Name();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var fields = new Fields(Field.Text("--reason", "reason", "Why; it is recorded."));
        return verbs.Of("decommission", "Ends it for good and revokes all it ever got.", async call =>
        {
            var path = PathOf(call.Get(name));
            await call.ConfirmAsync($"Decommission {Cell.Short(call.Get(name))}? It cannot be undone.", call.Get(yes));
            var answer = await call.SendAsync(HttpMethod.Post, $"{path}/decommission", fields.Body(call));
            call.Print.Done($"{Cell.Short(call.Get(name))} is decommissioned.", answer);
        }, [name, yes, .. fields.Options]);
    }

    private static Field[] Profile(bool required) =>
    [
        .. required
            ? [Field.OneOf("--kind", "kind", "What it is; by default the first part of its name.",
                "agent", "workload", "service_account", "pipeline", "model", "mcp_server")]
            : Array.Empty<Field>(),
        Field.Text("--owner", "owner", "Who answers for it; by default you."),
        Field.Text("--team", "team", "The team that it belongs to."),
        Field.Text("--purpose", "purpose", "What it is for, in a few words.", required),
        Field.Span("--expires-in", "expires_in_days", "How long it lives.", TimeSpan.FromDays(1)),
        Field.Text("--expires-at", "expires_at", "When it ends (RFC 3339)."),
        Field.Labels("--label", "labels", "A label."),
    ];

    private static Field[] Authority() =>
    [
        Field.OneOf("--clearance", "clearance", "The most confidential data that it may see.",
            "public", "internal", "confidential", "restricted"),
        Field.Texts(
            "--entitlement", "entitlements", "The most it may ever ask for, such as orders:read@orders.", "GRANT"),
        Field.Span("--max-token", "max_token_seconds", "The longest life of its tokens.", TimeSpan.FromSeconds(1)),
        Field.Flag("--implicit-task", "implicit_task", "Whether it gets tokens without opening a task."),
        Field.Flag(
            "--bearer", "bearer", "Whether it may hold tokens that are bound to no key: an exception, and a finding."),
    ];
}
