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

    private static readonly string[] Roles = ["viewer", "operator", "owner"];

    private static Argument<string> Name() => new("name") { Description = "The operator's name." };

    private static string PathOf(string name)
    {
        var last = name[(name.LastIndexOf('/') + 1)..];
        return $"/v1/operators/{Uri.EscapeDataString(last)}";
    }

    private static Field Role(string description) =>
        Field.OneOf("--role", "role", description, Roles);

    private static Command List(Verbs verbs) => verbs.Of("list", "Lists operators.", async call =>
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
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask where it gives more power." };
        return verbs.Of("update", "Changes an operator's role or team.", async call =>
        {
            var path = PathOf(call.Get(name));
            var body = fields.Body(call);
            if (!call.Get(yes))
            {
                var known = await call.SendAsync(HttpMethod.Get, path);
                if (Raises(known, body)) await call.ConfirmAsync(Question(known), isGiven: false);
                body["version"] = known["version"]?.DeepClone(); // what was asked is what is changed
            }
            call.Print.One(await call.SendAsync(HttpMethod.Patch, path, body));
        }, [name, .. fields.Options, yes]);
    }

    /// <summary>Whether a change gives a higher role or another scope.</summary>
    internal static bool Raises(JsonObject known, JsonObject changes)
    {
        var role = (string?)changes["role"];
        var team = (string?)changes["team"];
        return (role is not null && Array.IndexOf(Roles, role) > Array.IndexOf(Roles, (string?)known["role"]))
            || ((bool?)changes["whole_domain"] is true && known["team"] is not null)
            || (team is not null && known["team"] is not null && team != (string?)known["team"]);
    }

    /// <summary>Whoever holds the keys gets the power, and a name may have been enrolled by somebody else.</summary>
    private static string Question(JsonObject known)
    {
        var keys = known["keys"]?.AsArray().Where(k => (string?)k?["state"] == "in_force")
            .Select(k => $"{(string?)k?["thumbprint"]} since {(string?)k?["created_at"]}") ?? [];
        return $"Give more power to whoever holds the keys of {(string?)known["name"]} ({string.Join(", ", keys)})?";
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
