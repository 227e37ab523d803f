using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Steps of a traced policy: each expression tells when it is tried and when it holds.</summary>
internal static class Traced
{
    internal sealed class Begin(Span span, End end) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (evaluation.Trace is not { } trace)
                return Next.Run(evaluation, frame);
            trace.Eval(span);
            var before = evaluation.HeldOf(end);
            var result = Next.Run(evaluation, frame);
            if (evaluation.HeldOf(end) == before)
                trace.Fail(span);
            return result;
        }
    }

    internal sealed class End(Span span) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (evaluation.Trace is { } trace)
            {
                evaluation.Hold(this);
                trace.Cover(span);
            }

            return Next.Run(evaluation, frame);
        }
    }

    internal sealed class Fact(string path, Node node) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var value = node.Eval(evaluation, frame);
            evaluation.Trace?.Fact(path, value);
            return value;
        }
    }
}
