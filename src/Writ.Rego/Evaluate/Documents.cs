using Writ.Rego.Compile;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Evaluates the rules of a document, or of a function.</summary>
internal static class Documents
{
    public static RegoValue? Compute(Evaluation evaluation, RuleGroup group)
    {
        var (value, collector) = (evaluation.Value, evaluation.Collector);
        try
        {
            return group.Kind switch
            {
                RuleKind.Complete => One(evaluation, group, null),
                RuleKind.Set => Set(evaluation, group),
                RuleKind.Object => Object(evaluation, group),
                _ => null,
            };
        }
        finally
        {
            (evaluation.Value, evaluation.Collector) = (value, collector);
        }
    }

    public static RegoValue? Call(Evaluation evaluation, RuleGroup group, RegoValue[] arguments)
    {
        var (value, collector) = (evaluation.Value, evaluation.Collector);
        try
        {
            return One(evaluation, group, arguments);
        }
        finally
        {
            (evaluation.Value, evaluation.Collector) = (value, collector);
        }
    }

    private static RegoValue? One(Evaluation evaluation, RuleGroup group, RegoValue[]? arguments)
    {
        RegoValue? result = null;
        foreach (var program in group.Programs)
        {
            if (Run(evaluation, program, arguments) is not { } value)
                continue;
            if (result is null)
                result = value;
            else if (!result.Equals(value))
                throw Emit.Value.Conflict(program.Span, arguments is not null);
            if (group.OnlyValue is not null)
                return result;
        }

        return result is null && group.Default is { } last ? Run(evaluation, last, arguments) : result;
    }

    private static RegoValue? Run(Evaluation evaluation, RuleProgram program, RegoValue[]? arguments)
    {
        foreach (var body in program.Bodies)
        {
            var frame = new RegoValue?[body.Slots];
            arguments?.CopyTo(frame.AsSpan());
            evaluation.Value = null;
            body.Entry.Run(evaluation, frame);
            if (evaluation.Value is { } value)
                return value;
        }

        return null;
    }

    private static RegoSet Set(Evaluation evaluation, RuleGroup group)
    {
        var set = new RegoSet.Builder();
        RunAll(evaluation, group, set);
        return set.Build();
    }

    private static RegoObject Object(Evaluation evaluation, RuleGroup group)
    {
        var tree = new ObjectTree();
        RunAll(evaluation, group, tree);
        return tree.Build();
    }

    private static void RunAll(Evaluation evaluation, RuleGroup group, object collector)
    {
        foreach (var program in group.Programs)
        {
            foreach (var body in program.Bodies)
            {
                evaluation.Collector = collector;
                body.Entry.Run(evaluation, new RegoValue?[body.Slots]);
            }
        }
    }
}
