using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy list</c> and <c>rollback</c>: which versions were in force, and one of them again.</summary>
internal static class VersionsVerb
{
    private static readonly Column[] Columns =
    [
        Column.Of("number"),
        Column.Of("digest"),
        Column.Of("at"),
        Column.Name("by", "by"),
        Column.Of("because"),
    ];

    public static Command List(Verbs verbs)
    {
        var limit = new Option<int>("--limit") { Description = "How many.", DefaultValueFactory = _ => 20 };
        return verbs.Of(
            "list", "Lists which versions of the policy were in force at the broker, the latest first.",
            async call => call.Print.List(await call.ListAsync("/v1/policies", call.Get(limit)), Columns), limit);
    }

    public static Command RollBack(Verbs verbs)
    {
        var to = new Option<string?>("--to")
        {
            Description = "Which version: a digest, or shipped; by default the one before.",
            HelpName = "VERSION",
        };
        var because = new Option<string?>("--because") { Description = "Why.", HelpName = "TEXT" };
        return verbs.Of(
            "rollback", "Puts an earlier version of the broker's policy in force again.",
            async call =>
            {
                var answer = await call.SendAsync(HttpMethod.Post, "/v1/policies/rollback", new JsonObject
                {
                    ["to"] = call.Get(to),
                    ["because"] = call.Get(because),
                });
                call.Print.Done($"In force as number {answer["number"]}: {answer["digest"]}.", answer);
            }, to, because);
    }
}
