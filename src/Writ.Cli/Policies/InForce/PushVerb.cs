using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy push</c>: puts a policy in force at the broker, once it compiles and its tests pass there.
/// </summary>
internal static class PushVerb
{
    public static Command Create(Verbs verbs)
    {
        var sources = new PolicySources();
        var dryRun = Flags.Switch("--dry-run", "Only say what it would change.");
        var isShadow = Flags.Switch("--shadow", "Only ask it what the live one is asked: it decides nothing.");
        var yes = Flags.Switch("--yes", "-y", "Do not ask.");
        var source = new Option<string?>("--source")
        {
            Description = "Where it came from, such as a commit; by default the names of the paths.",
            HelpName = "TEXT",
        };
        var because = new Option<string?>("--reason", "--because") { Description = "Why.", HelpName = "TEXT" };
        return verbs.Of(
            "push", "Puts a policy in force at the broker, if its tests pass.",
            async call =>
            {
                var body = sources.Body(call);
                body["source"] = call.Get(source) ?? sources.NameOf(call);
                body["because"] = call.Get(because);
                if (call.Get(isShadow))
                    await ShadowAsync(call, body);
                else
                    await PushAsync(call, body, call.Get(dryRun), call.Get(yes));
            },
            [.. sources.All, dryRun, isShadow, yes, source, because]);
    }

    private static async Task PushAsync(Call call, JsonObject body, bool isDryRun, bool isSure)
    {
        var preview = await call.SendAsync(HttpMethod.Post, "/v1/policies/preview", body.DeepClone());
        if (isDryRun)
        {
            call.Print.One(preview);
            return;
        }

        body["replaces"] = (long)preview["replaces"]!;
        await call.ConfirmAsync(Question(preview), isSure);
        var answer = await call.SendAsync(HttpMethod.Post, "/v1/policies", body);
        call.Print.Done($"In force as number {answer["number"]}: {answer["digest"]}.", answer);
    }

    private static async Task ShadowAsync(Call call, JsonObject body)
    {
        var answer = await call.SendAsync(HttpMethod.Post, "/v1/policies/shadow", body);
        call.Print.Done(
            $"{answer["digest"]} is in the shadow: writ policy shadow says where it would decide otherwise.", answer);
    }

    private static string Question(JsonObject preview)
    {
        var removed = preview["rules_removed"]!.AsArray();
        var rules = removed.Count == 0 ? "" : $" The rules {Cell.Of(removed)} go.";
        return $"{preview["tests_passed"]} tests passed.{rules} It would end {preview["would_end"]} live credentials. "
            + "Put it in force?";
    }
}
