using Writ.Rego.Evaluate;
using Writ.Rego.Tree;

namespace Writ.Rego.Lower;

/// <summary>Lowers <c>with</c>: what is replaced, and by what.</summary>
internal sealed class WithLowering(Lowering lowering, BodyLowering body)
{
    public With.Begin Begin(WithModifier[] modifiers, List<Step> steps) =>
        new([.. modifiers.Select(modifier => Target(modifier, steps))]);

    private With.Target Target(WithModifier modifier, List<Step> steps)
    {
        var (function, replacement) = Function(modifier);
        Node value = replacement is null ? body.Term(modifier.Value, steps) : Node.Input.Instance;
        if (function is not null)
            return new With.Target(With.TargetKind.Function, [], function, replacement, value, modifier.Span);
        var path = modifier.Target is Term.Reference reference ? reference.Path : [];
        var root = modifier.Target as Term.Variable ?? (Term.Variable)((Term.Reference)modifier.Target).Head;
        Node[] keys = [.. path.Select(key => body.Term(key, steps))];
        var kind = root.Name == "input" ? With.TargetKind.Input : With.TargetKind.Data;
        return new With.Target(kind, keys, null, null, value, modifier.Span);
    }

    private (object? Function, object? Replacement) Function(WithModifier modifier)
    {
        var calls = lowering.Calls;
        object? function = (object?)calls.FindBuiltin(modifier.Target) ?? calls.FindFunction(modifier.Target);
        if (function is null)
            return (null, null);
        if (calls.FindFunction(modifier.Value) is { } group)
        {
            lowering.Use(group);
            return (function, group);
        }

        return (function, modifier.Value is Term.Call { Sign: "with" } call ? call.Builtin : null);
    }
}
