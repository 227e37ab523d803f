using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Lower;

/// <summary>
/// How the rules of a group will be found, known before they are lowered: what finds a rule need not be compared again
/// in its body.
/// </summary>
/// <param name="place">What is looked at.</param>
/// <param name="ofRules">Each rule's comparison of it with constants; null where it has none.</param>
internal sealed class IndexPlan(IndexBuilder.Place place, IndexBuilder.Comparison?[] ofRules)
{
    /// <summary>A rule's body without what its place in the index says of it.</summary>
    public Expression[] Rest(int rule, Expression[] body) => ofRules[rule]?.Whole is { } known
        ? Array.FindAll(body, expression => expression != known)
        : body;

    /// <summary>The index of what was made of the rules, in their order.</summary>
    public RuleIndex Build(Lowering lowering, RuleProgram[] programs)
    {
        var byValue = new Dictionary<RegoValue, List<RuleProgram>>();
        var others = new List<RuleProgram>();
        for (var i = 0; i < programs.Length; i++)
        {
            if (ofRules[i] is not { } comparison)
            {
                others.Add(programs[i]);
                continue;
            }

            foreach (var value in comparison.Values)
            {
                if (!byValue.TryGetValue(value, out var found))
                    byValue.Add(value, found = new List<RuleProgram>(1));
                if (found.Count == 0 || found[^1] != programs[i])
                    found.Add(programs[i]);
            }
        }

        return new RuleIndex(
            place.Node(lowering), byValue.ToDictionary(item => item.Key, item => item.Value.ToArray()), [.. others]);
    }
}
