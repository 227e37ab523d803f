using Writ.Rego.Evaluate;
using Writ.Rego.Values;

namespace Writ.Rego;

/// <summary>A term compiled against a policy. Immutable; each run is an evaluation of its own.</summary>
public sealed class PreparedValue
{
    private readonly CompiledPolicy _policy;
    private readonly Node _node;
    private readonly int _slots;

    internal PreparedValue(CompiledPolicy policy, Node node, int slots) =>
        (_policy, _node, _slots) = (policy, node, slots);

    /// <summary>Computes the value.</summary>
    /// <param name="input">What the query is about.</param>
    /// <returns>The value, or null when it is undefined.</returns>
    /// <exception cref="RegoError">A conflict, a limit, or a built-in's error where those are strict.</exception>
    public RegoValue? Run(QueryInput input)
    {
        var scope = new Scope(null, input.Input, input.Data, _policy.Sizes);
        var evaluation = new Evaluation(scope, input);
        var before = Work.Swap(evaluation);
        try
        {
            return evaluation.CheckResult(_node.Eval(evaluation, _slots == 0 ? [] : new RegoValue?[_slots]));
        }
        catch (Exception error) when (Guard.Translate(error) is not null)
        {
            throw Guard.Translate(error)!;
        }
        finally
        {
            Work.Swap(before);
        }
    }
}
