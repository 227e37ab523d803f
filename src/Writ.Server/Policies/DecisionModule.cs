using System.Globalization;
using System.Text;
using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Queries;

namespace Writ.Server.Policies;

/// <summary>
/// The module that puts the rules of a policy together: all of them must allow. Written for each version with the
/// rules' names, so that one that is undefined refuses like one that is false, and so that any engine of Rego, given
/// the same files, decides the same.
/// </summary>
internal static class DecisionModule
{
    public const string Package = "writ.decision";
    private const string File = "writ/decision.rego";

    /// <summary>The names of the packages below <c>writ.rules</c> that say <c>allow</c>.</summary>
    /// <exception cref="RegoError">There is none, or one lies deeper, or says nothing.</exception>
    public static IReadOnlyList<string> RulesOf(CompiledPolicy policy)
    {
        if (policy.Rules.FirstOrDefault(r => r.Package is ["writ", "decision", ..]) is { } taken)
            throw Error(taken, "the package writ.decision is the broker's own: it puts the rules together");
        var below = policy.Rules.Where(r => r.Package is ["writ", "rules", ..]).ToList();
        if (below.Find(r => r.Package.Count != 3 || !IsName(r.Package[2])) is { } elsewhere)
            throw Error(elsewhere, "a rule's package is writ.rules.NAME, a name of letters, digits and underscores");
        var rules = below
            .GroupBy(r => r.Package[2], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        foreach (var rule in rules)
            if (!Defines(rule, "allow"))
                throw Error(rule.First(), $"the rule writ.rules.{rule.Key} has no “allow”: it would refuse everything");
        return rules.Count > 0
            ? [.. rules.Select(r => r.Key)]
            : throw new RegoError(new RegoDiagnostic(
                "rego_compile_error", "there is no rule: no package below writ.rules. It would refuse everything",
                "", 0, 0, ""));
    }

    /// <summary>The module for these rules.</summary>
    public static PolicyFile Of(CompiledPolicy policy, IReadOnlyList<string> rules)
    {
        var text = new StringBuilder($"package {Package}\n\ndefault allow := false\n\nallow if {{\n");
        foreach (var rule in rules) text.Append(CultureInfo.InvariantCulture, $"\tallows_{rule}\n");
        text.Append("}\n\nanswer := {\"allow\": allow, \"obligations\": obligations}\n\n")
            .Append("why := {\"refused\": refused, \"reasons\": reasons}\n\n")
            .Append("obligations contains obligation if {\n\tfalse\n\tobligation := {}\n}\n\n")
            .Append("reasons contains reason if {\n\tfalse\n\treason := \"\"\n}\n\n");
        foreach (var rule in rules)
        {
            var own = policy.Rules.Where(r => r.Package is ["writ", "rules", var name] && name == rule).ToList();
            text.Append(CultureInfo.InvariantCulture, $"allows_{rule} if data.writ.rules.{rule}.allow == true\n\n");
            text.Append(CultureInfo.InvariantCulture, $"refused contains \"{rule}\" if not allows_{rule}\n\n");
            if (Defines(own, "obligations"))
                text.Append(CultureInfo.InvariantCulture,
                    $"obligations contains obligation if some obligation in data.writ.rules.{rule}.obligations\n\n");
            if (Defines(own, "reasons"))
                text.Append(CultureInfo.InvariantCulture, $$"""
                    explains_{{rule}} if some reason in data.writ.rules.{{rule}}.reasons

                    reasons contains reason if {
                    	not allows_{{rule}}
                    	some reason in data.writ.rules.{{rule}}.reasons
                    }


                    """);
            else text.Append(CultureInfo.InvariantCulture, $"explains_{rule} := false\n\n");
            text.Append(CultureInfo.InvariantCulture, $$"""
                reasons contains "policy_{{rule}}" if {
                	not allows_{{rule}}
                	not explains_{{rule}}
                }


                """);
        }
        return new PolicyFile(File, text.ToString(), RegoVersion.V1);
    }

    private static bool Defines(IEnumerable<RuleDescription> rules, string name) =>
        rules.Any(r => r.Path is [var first, ..] && first == name && !r.IsFunction);

    private static bool IsName(string word) =>
        char.IsAsciiLetter(word[0]) && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static RegoError Error(RuleDescription at, string message) =>
        new(new RegoDiagnostic("rego_compile_error", message, at.File, at.Row, at.Column, ""));
}
