using Writ.Rego.Compile;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// Finds, by one value that many rules of a group compare with a constant, those that can hold: the others are not
/// looked at, however many they are.
/// </summary>
internal sealed class RuleIndex(Node key, Dictionary<RegoValue, RuleProgram[]> byValue, RuleProgram[] others)
{
    /// <summary>The rules that ask for another value, or for none that is known.</summary>
    public RuleProgram[] Others => others;

    /// <summary>The rules that ask for just the value that there is.</summary>
    public RuleProgram[] Find(Evaluation evaluation, RegoValue[]? arguments) =>
        key.Eval(evaluation, arguments ?? []) is { } value && byValue.TryGetValue(value, out var found) ? found : [];
}
