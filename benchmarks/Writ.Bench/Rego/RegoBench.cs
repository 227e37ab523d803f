using Writ.Bench.Rego.Cases;

namespace Writ.Bench.Rego;

/// <summary>
/// ./bench rego: decisions of eight kinds of policies beside the same decision by hand, and beside <c>opa bench</c>
/// where there is an <c>opa</c>; parsing and compiling; loading base documents. All in this process, on one thread.
/// </summary>
internal static class RegoBench
{
    public static void Run(Report report, bool quick, string? only)
    {
        var pace = (quick ? Pace.Quick : Pace.Full) with { Only = only ?? "" };
        using var tokens = new SignedTokens();
        RegoCase[] cases =
        [
            new GrantsBySubject(), new GrantList(), new Attributes(), new AllowList(10), new AllowList(10_000),
            new Admission(), new Texts(), new Comprehensions(), tokens, new BrokerDecision(isBuilt: false),
            new BrokerDecision(isBuilt: true),
        ];
        foreach (var measured in cases.Where(one => pace.Takes(one.Name)))
        {
            DecisionBench.Run(report, measured, pace);
        }

        CompileBench.Run(report, pace);
        DocumentBench.Run(report, pace);
    }
}
