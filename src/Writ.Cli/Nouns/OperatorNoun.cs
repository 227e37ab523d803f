using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ operator</c>: the people who administer.</summary>
internal static class OperatorNoun
{
    private static readonly Column[] Columns =
    [
        Column.Of("name"),
        Column.Of("role"),
        Column.Of("team"),
        Column.Of("status"),
        Column.Of("created_at", "since"),
    ];

    public static Command Create(Verbs verbs) =>
        new("operator", "The people who administer: viewers, operators, owners.")
    {
        List(verbs),
        Enrol(verbs),
        Update(verbs),
        Remove(verbs),
    };

    private static Argument<string> Name() => new("name") { Description = "The operator's name." };

    private static string PathOf(string name)
    {
        var last = name[(name.LastIndexOf('/') + 1)..];
        return $"/v1/operators/{Uri.EscapeDataString(last)}";
    }

    private static Field Role(string description) =>
        Field.OneOf("--role", "role", description, "viewer", "operator", "owner");

    private static Command List(Verbs verbs) => verbs.Of("ls", "Lists operators.", async call =>
        call.Print.List(await call.ListAsync("/v1/operators", int.MaxValue), Columns));

    private static Command Enrol(Verbs verbs)
    {
        var name = Name();
        var fields = new Fields(
            Role("What they may do; viewer unless told."),
            Field.Text("--team", "team", "The one team that they administer; none: the trust domain."));
        return verbs.Of("enrol", "Prints a one-time code by which a person enrols their key: writ login.", async call =>
        {
            var body = fields.Body(call, [new("name", call.Get(name))]);
            body.TryAdd("role", "viewer");
            var answer = await call.SendAsync(HttpMethod.Post, "/v1/operators/enrolments", body);
            OneTimeCode.Print(call, answer, $"writ login {call.Session.Profile.Addr}");
        }, [name, .. fields.Options]);
    }

    private static Command Update(Verbs verbs)
    {
        var name = Name();
        var fields = new Fields(
            Role("What they may do."),
            Field.Text("--team", "team", "The one team that they administer."),
            Field.Flag("--whole-domain", "whole_domain", "They administer the trust domain, not a team."));
        return verbs.Of("update", "Changes an operator's role or team.", async call =>
            call.Print.One(await call.SendAsync(HttpMethod.Patch, PathOf(call.Get(name)), fields.Body(call))),
            [name, .. fields.Options]);
    }

    private static Command Remove(Verbs verbs)
    {
        var name = Name();
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        return verbs.Of("remove", "Removes an operator; the last owner stays.", async call =>
        {
            await call.ConfirmAsync($"Remove the operator {call.Get(name)}?", call.Get(yes));
            JsonObject answer = await call.SendAsync(HttpMethod.Delete, PathOf(call.Get(name)));
            call.Print.Done($"The operator {call.Get(name)} is removed.", answer);
        }, name, yes);
    }
}
