using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ lock</c>: suspends and revokes at once.</summary>
internal static class LockNoun
{
    public static Command Create(Verbs verbs) =>
        new("lock", "Stops an identity, a task, or all of an owner or team, at once.")
    {
        Of(verbs, "identity", "Suspends an identity and revokes all that it holds."),
        Of(verbs, "task", "Ends a task and revokes all that it was given."),
        Of(verbs, "owner", "Suspends every identity of an owner."),
        Of(verbs, "team", "Suspends every identity of a team."),
    };

    private static Command Of(Verbs verbs, string what, string description)
    {
        var name = new Argument<string>("name") { Description = $"The {what}." };
        var reason = new Option<string>("--reason") { Description = "Why; it is recorded.", Required = true };
        return verbs.Of(what, description, async call =>
        {
            var target = what is "identity" ? call.FullName(call.Get(name)) : call.Get(name);
            var body = new JsonObject { [what] = target, ["reason"] = call.Get(reason) };
            var answer = await call.SendAsync(HttpMethod.Post, "/v1/locks", body);
            var identities = answer["identities"] is JsonArray { Count: > 0 } list ? $" ({Cell.Names(list)})" : "";
            call.Print.Done($"The {what} {Cell.Short(target)} is locked{identities}: all is revoked.", answer);
        }, name, reason);
    }
}
