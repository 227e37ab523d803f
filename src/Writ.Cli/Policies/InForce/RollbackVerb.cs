using System.CommandLine;
using System.Text.Json.Nodes;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy rollback</c>: puts an earlier version in force again.</summary>
internal static class RollbackVerb
{
    public static Command Create(Verbs verbs)
    {
        var to = new Option<string?>("--to")
        {
            Description = "Which version: a digest, or shipped; by default the one before.",
            HelpName = "VERSION",
        };
        var because = new Option<string?>("--reason", "--because") { Description = "Why.", HelpName = "TEXT" };
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
