using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>What a value is held against: its variables are bound, the rest must be equal.</summary>
internal abstract class Pattern
{
    public abstract bool Match(RegoValue value, Evaluation evaluation, RegoValue?[] frame);

    internal sealed class Anything : Pattern
    {
        public static Anything Instance { get; } = new();

        public override bool Match(RegoValue value, Evaluation evaluation, RegoValue?[] frame) => true;
    }

    internal sealed class Bind(int slot) : Pattern
    {
        public int Slot => slot;

        public override bool Match(RegoValue value, Evaluation evaluation, RegoValue?[] frame)
        {
            frame[slot] = value;
            return true;
        }
    }

    internal sealed class Equal(Node node) : Pattern
    {
        public Node Node => node;

        public override bool Match(RegoValue value, Evaluation evaluation, RegoValue?[] frame) =>
            node.Eval(evaluation, frame) is { } wanted && wanted.Equals(value);
    }

    /// <summary>Then, of some slots that the pattern bound, that each is what it must be.</summary>
    internal sealed class Also(Pattern pattern, KeyValuePair<int, Node>[] checks) : Pattern
    {
        public override bool Match(RegoValue value, Evaluation evaluation, RegoValue?[] frame)
        {
            if (!pattern.Match(value, evaluation, frame))
                return false;
            foreach (var (slot, node) in checks)
            {
                if (node.Eval(evaluation, frame) is not { } wanted || !wanted.Equals(frame[slot]))
                    return false;
            }

            return true;
        }
    }

    internal sealed class ArrayOf(Pattern[] items) : Pattern
    {
        public override bool Match(RegoValue value, Evaluation evaluation, RegoValue?[] frame)
        {
            if (value is not RegoArray array || array.Count != items.Length)
                return false;
            for (var i = 0; i < items.Length; i++)
            {
                if (!items[i].Match(array[i], evaluation, frame))
                    return false;
            }

            return true;
        }
    }

    internal sealed class ObjectOf(KeyValuePair<Node, Pattern>[] items) : Pattern
    {
        public override bool Match(RegoValue value, Evaluation evaluation, RegoValue?[] frame)
        {
            if (value is not RegoObject map || map.Count != items.Length)
                return false;
            foreach (var (key, pattern) in items)
            {
                if (key.Eval(evaluation, frame) is not { } at
                    || !map.TryGet(at, out var found)
                    || !pattern.Match(found, evaluation, frame))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
