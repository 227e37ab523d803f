using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Policies.InForce;

/// <summary><c>writ policy list</c>: which versions were in force at the broker.</summary>
internal static class ListVerb
{
    private static readonly Column[] Columns =
    [
        Column.Of("number"),
        Column.Of("digest"),
        Column.Of("at"),
        Column.Name("by", "by"),
        Column.Of("source"),
        Column.Of("because"),
    ];

    public static Command Create(Verbs verbs)
    {
        var limit = new Option<int>("--limit") { Description = "How many.", DefaultValueFactory = _ => 20 };
        return verbs.Of(
            "list", "Lists which versions of the policy were in force at the broker, the latest first.",
            async call =>
            {
                call.Print.List(await call.ListAsync("/v1/policies", call.Get(limit)), Columns);
                await SayOfSourceAsync(call);
            }, limit);
    }

    /// <summary>Where the policy comes from a source that is not in force, that is said; most have none.</summary>
    private static async Task SayOfSourceAsync(Call call)
    {
        var source = await call.SendAsync(HttpMethod.Get, "/v1/policies/source");
        if ((string?)source["state"] is not ("pushed" or "in_force") and var state)
        {
            var text = $"{source["source"]}: {state?.Replace('_', ' ')}. {source["fault"]}";
            await call.Outside.Error.WriteLineAsync($"writ: the policy's source, {SafeText.Of(text.TrimEnd())}");
        }
    }
}
