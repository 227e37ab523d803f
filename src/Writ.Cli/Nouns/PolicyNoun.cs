using System.CommandLine;
using Writ.Cli.Policies;

namespace Writ.Cli.Nouns;

/// <summary><c>writ policy</c>: policies in Rego on this machine, without a broker and without a login.</summary>
internal static class PolicyNoun
{
    public static Command Create(Verbs verbs) => new("policy", "Evaluates, tests, formats and checks policies in Rego.")
    {
        EvalVerb.Create(verbs),
        CheckVerb.Create(verbs),
        TestVerb.Create(verbs),
        FmtVerb.Create(verbs),
        LintVerb.Create(verbs),
        BenchVerb.Create(verbs),
        ExplainVerb.Create(verbs),
    };
}
