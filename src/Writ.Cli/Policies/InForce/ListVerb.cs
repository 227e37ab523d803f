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
            async call => call.Print.List(await call.ListAsync("/v1/policies", call.Get(limit)), Columns), limit);
    }
}
