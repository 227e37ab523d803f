using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Another world for one expression; what follows the expression sees the old one again.</summary>
internal static class With
{
    internal enum TargetKind
    {
        Input,
        Data,
        Function,
    }

    /// <summary>One replacement.</summary>
    /// <param name="Kind">What is replaced.</param>
    /// <param name="Path">The place below input or data.</param>
    /// <param name="Function">The function that is replaced: a built-in or a group.</param>
    /// <param name="Replacement">The function to call instead; null when a value stands for it.</param>
    /// <param name="Value">The value.</param>
    /// <param name="Span">Where it was written.</param>
    internal sealed record Target(
        TargetKind Kind, Node[] Path, object? Function, object? Replacement, Node Value, Span Span);

    internal sealed class Begin(Target[] targets) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            var outer = evaluation.Scope;
            var inner = outer.Enter();
            foreach (var target in targets)
            {
                if (target.Replacement is null && target.Value.Eval(evaluation, frame) is null)
                    return false;
            }

            foreach (var target in targets)
            {
                if (!Apply(inner, target, evaluation, frame))
                    return false;
            }

            evaluation.Scope = inner;
            try
            {
                return Next.Run(evaluation, frame);
            }
            finally
            {
                evaluation.Scope = outer;
            }
        }

        private static bool Apply(Scope scope, Target target, Evaluation evaluation, RegoValue?[] frame)
        {
            var value = target.Replacement is null ? target.Value.Eval(evaluation, frame)! : null;
            var path = new RegoValue[target.Path.Length];
            for (var i = 0; i < path.Length; i++)
            {
                if (target.Path[i].Eval(evaluation, frame) is not { } key)
                    return false;
                path[i] = key;
            }

            switch (target.Kind)
            {
                case TargetKind.Input:
                    scope.Input = Put(scope.Input, path, value!, target.Span);
                    break;
                case TargetKind.Data:
                    scope.Data = Put(scope.Data, path, value!, target.Span);
                    scope.Overlay = Overlay.Add(scope.Overlay, path);
                    break;
                default:
                    scope.Mocks = scope.Mocks is null ? [] : new(scope.Mocks);
                    scope.Mocks[target.Function!] = target.Replacement ?? value!;
                    break;
            }

            return true;
        }

        private static RegoValue Put(RegoValue? into, ReadOnlySpan<RegoValue> path, RegoValue value, Span span)
        {
            if (path.IsEmpty)
                return value;
            if (into is not (null or RegoObject))
            {
                throw span.Error(
                    ErrorCodes.WithMerge, "real and replacement data could not be merged");
            }

            var map = new RegoObject.Builder();
            foreach (var (key, item) in into as RegoObject ?? RegoObject.Empty)
            {
                map.Set(key, item);
            }

            map.TryGet(path[0], out var below);
            return map.Set(path[0], Put(below, path[1..], value, span)).Build();
        }
    }

    /// <summary>After the expression: the old world for what follows, then the new one for further solutions.</summary>
    internal sealed class End : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            var inner = evaluation.Scope;
            evaluation.Scope = inner.Parent!;
            try
            {
                return Next.Run(evaluation, frame);
            }
            finally
            {
                evaluation.Scope = inner;
            }
        }
    }
}
