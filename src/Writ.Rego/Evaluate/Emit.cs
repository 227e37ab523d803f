using System.Runtime.CompilerServices;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// Ends of bodies: each hands a solution to the evaluation's collector, which whoever began the body has set.
/// </summary>
internal static class Emit
{
    /// <summary>The one value of a rule or function; another one is a conflict.</summary>
    internal sealed class Value(Node value, Span span, bool isFunction) : Step
    {
        private readonly bool _isKnown = value.Known is not null;

        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (value.Eval(evaluation, frame) is not { } found)
                return false;
            if (evaluation.Value is null)
                evaluation.Value = found;
            else if (!evaluation.Value.Equals(found))
                throw Conflict(span, isFunction);
            return _isKnown;
        }

        public static RegoError Conflict(Span span, bool isFunction) => span.Error(
            ErrorCodes.Conflict,
            isFunction
                ? "functions must not produce multiple outputs for same inputs"
                : "complete rules must not produce multiple outputs");
    }

    /// <summary>A value of which one is enough: all others would be equal.</summary>
    internal sealed class First(Node value) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
            (evaluation.Value = value.Eval(evaluation, frame)) is not null;
    }

    internal sealed class ArrayItem(Node value) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (value.Eval(evaluation, frame) is { } found)
            {
                evaluation.CountItem();
                Unsafe.As<List<RegoValue>>(evaluation.Collector!).Add(found);
            }

            return false;
        }
    }

    internal sealed class SetItem(Node value) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (value.Eval(evaluation, frame) is { } found
                && Unsafe.As<RegoSet.Builder>(evaluation.Collector!).Add(found))
            {
                evaluation.CountItem();
            }

            return false;
        }
    }

    internal sealed class ObjectItem(Node key, Node value, Span span) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (key.Eval(evaluation, frame) is not { } at || value.Eval(evaluation, frame) is not { } found)
                return false;
            evaluation.CountItem();
            if (!Unsafe.As<RegoObject.Builder>(evaluation.Collector!).TryAdd(at, found, out var present)
                && !present.Equals(found))
            {
                throw span.Error(ErrorCodes.Conflict, "object keys must be unique");
            }

            return false;
        }
    }

    /// <summary>A leaf of an object that rules make path by path.</summary>
    internal sealed class Leaf(Node[] path, Node value, bool isElement, Span span) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            var tree = Unsafe.As<ObjectTree>(evaluation.Collector!);
            var keys = new RegoValue[path.Length];
            for (var i = 0; i < path.Length; i++)
            {
                if (path[i].Eval(evaluation, frame) is not { } key)
                    return false;
                keys[i] = key;
            }

            if (value.Eval(evaluation, frame) is not { } found)
                return false;
            evaluation.CountItem();
            if (!tree.TryAdd(keys, found, isElement))
                throw span.Error(ErrorCodes.Conflict, "object keys must be unique");
            return false;
        }
    }

    /// <summary>The variables of a query.</summary>
    internal sealed class Solution : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            evaluation.CountItem();
            return Unsafe.As<Func<RegoValue?[], bool>>(evaluation.Collector!)(frame);
        }
    }
}
