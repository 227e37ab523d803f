using System.CommandLine;
using Writ.Cli.Policies;
using Writ.Cli.Policies.Bundles;
using Writ.Cli.Policies.InForce;

namespace Writ.Cli.Nouns;

/// <summary><c>writ policy</c>: policies in Rego, on this machine or in force at the broker.</summary>
internal static class PolicyNoun
{
    public static Command Create(Verbs verbs) => new(
        "policy", "Evaluates, tests, formats, checks and packs policies in Rego, puts them in force, and tries them.")
    {
        EvalVerb.Create(verbs),
        CheckVerb.Create(verbs),
        TestVerb.Create(verbs),
        FmtVerb.Create(verbs),
        LintVerb.Create(verbs),
        BenchVerb.Create(verbs),
        ExplainVerb.Create(verbs),
        BuildVerb.Create(verbs),
        SignVerb.Create(verbs),
        PushVerb.Create(verbs),
        PullVerb.Create(verbs),
        ListVerb.Create(verbs),
        RollbackVerb.Create(verbs),
        ReplayVerb.Create(verbs),
        ShadowVerb.Create(verbs),
        SuggestVerb.Create(verbs),
    };
}
