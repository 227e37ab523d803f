using Writ.Rego.Builtins;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// Comparisons, and sums of integers of 64 bits, computed in place; all else is left to the built-ins themselves.
/// </summary>
internal static class Arithmetic
{
    private enum Order
    {
        Less,
        LessOrEqual,
        Greater,
        GreaterOrEqual,
    }

    /// <summary>A node that computes in place; null for all other built-ins.</summary>
    public static Node? Find(Builtin builtin, Node[] operands, Span span)
    {
        if (operands.Length != 2
            || !BuiltinRegistry.Standard.TryGet(builtin.Name, out var standard) || standard != builtin)
        {
            return null;
        }

        var call = new Calls.OfBuiltin(builtin, operands, span);
        return builtin.Name switch
        {
            "lt" => new Comparison(operands[0], operands[1], Order.Less, call),
            "lte" => new Comparison(operands[0], operands[1], Order.LessOrEqual, call),
            "gt" => new Comparison(operands[0], operands[1], Order.Greater, call),
            "gte" => new Comparison(operands[0], operands[1], Order.GreaterOrEqual, call),
            "plus" => new Sum(operands[0], operands[1], isNegated: false, call),
            "minus" => new Sum(operands[0], operands[1], isNegated: true, call),
            _ => null,
        };
    }

    private sealed class Comparison(Node left, Node right, Order order, Calls.OfBuiltin call) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            if (evaluation.Scope.Mocks is not null)
                return call.Eval(evaluation, frame);
            if (left.Eval(evaluation, frame) is not { } one || right.Eval(evaluation, frame) is not { } other)
                return null;
            evaluation.Tick();
            var result = one.CompareTo(other);
            return RegoBoolean.Of(order switch
            {
                Order.Less => result < 0,
                Order.LessOrEqual => result <= 0,
                Order.Greater => result > 0,
                _ => result >= 0,
            });
        }
    }

    private sealed class Sum(Node left, Node right, bool isNegated, Calls.OfBuiltin call) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            if (evaluation.Scope.Mocks is not null)
                return call.Eval(evaluation, frame);
            if (left.Eval(evaluation, frame) is not { } one || right.Eval(evaluation, frame) is not { } other)
                return null;
            if (one is RegoNumber first && other is RegoNumber second
                && first.TryGetInt64(out var x) && second.TryGetInt64(out var y) && y != long.MinValue)
            {
                evaluation.Tick();
                y = isNegated ? -y : y;
                var sum = unchecked(x + y);
                if (((x ^ sum) & (y ^ sum)) >= 0)
                    return RegoNumber.Of(sum);
            }

            return call.Apply(evaluation, one, other);
        }
    }
}
