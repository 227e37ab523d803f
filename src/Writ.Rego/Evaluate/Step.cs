using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// A step of a body: runs what follows once for each of its solutions. True means that enough was found and nothing
/// further is to be tried.
/// </summary>
internal abstract class Step
{
    public Step Next { get; set; } = null!;

    public abstract bool Run(Evaluation evaluation, RegoValue?[] frame);

    /// <summary>Must be neither undefined nor false.</summary>
    internal sealed class Test(Node node) : Step
    {
        public Node Node => node;

        public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
            Access.IsTrue(node.Eval(evaluation, frame)) && Next.Run(evaluation, frame);
    }

    /// <summary>Must be defined.</summary>
    internal sealed class Exists(Node node) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
            node.Eval(evaluation, frame) is not null && Next.Run(evaluation, frame);
    }

    internal sealed class Equal(Node left, Node right) : Step
    {
        public Node Left => left;

        public Node Right => right;

        public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
            left.Eval(evaluation, frame) is { } one
            && right.Eval(evaluation, frame) is { } other
            && one.Equals(other)
            && Next.Run(evaluation, frame);
    }

    internal sealed class Assign(int slot, Node node) : Step
    {
        public int Slot => slot;

        public Node Node => node;

        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (node.Eval(evaluation, frame) is not { } value)
                return false;
            frame[slot] = value;
            return Next.Run(evaluation, frame);
        }
    }

    internal sealed class Match(Node node, Pattern pattern) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
            node.Eval(evaluation, frame) is { } value
            && pattern.Match(value, evaluation, frame)
            && Next.Run(evaluation, frame);
    }

    /// <summary>Never holds: an array cannot equal one of another length.</summary>
    internal sealed class Fail : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame) => false;
    }

    internal sealed class Not(Step entry) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
            !entry.Run(evaluation, frame) && Next.Run(evaluation, frame);
    }

    /// <summary>One solution of a body is enough; what it binds stays within.</summary>
    internal sealed class Once(Step entry) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
            entry.Run(evaluation, frame) && Next.Run(evaluation, frame);
    }

    /// <summary>One body that holds is enough: those after it are not looked at.</summary>
    internal sealed class Either(Step[] entries) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            foreach (var entry in entries)
            {
                if (entry.Run(evaluation, frame))
                    return Next.Run(evaluation, frame);
            }

            return false;
        }
    }

    /// <summary>The end of a body of which one solution is enough.</summary>
    internal sealed class Found : Step
    {
        public static Found Instance { get; } = new();

        public override bool Run(Evaluation evaluation, RegoValue?[] frame) => true;
    }

    /// <summary>What the wanted items of a walk have, and where below them.</summary>
    internal sealed record ItemLookup(RegoValue[] Path, Node Wanted);

    /// <summary>Goes through a collection.</summary>
    internal sealed class Iterate(Node collection, Pattern key, Pattern value) : Step
    {
        private readonly bool _asksForKey = key is not Pattern.Anything;
        private readonly bool _bindsKey = key is not (Pattern.Anything or Pattern.Equal);

        public Pattern Key => key;

        public Pattern Value => value;

        /// <summary>Set while compiling where the next steps want certain items only.</summary>
        public ItemLookup? Lookup { get; set; }

        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            switch (collection.Eval(evaluation, frame))
            {
                case RegoSet set when value is Pattern.Equal known && !_bindsKey:
                    return known.Node.Eval(evaluation, frame) is { } wanted && set.Find(wanted) is { } member
                        && Try(member, member, evaluation, frame);
                case RegoObject map when key is Pattern.Equal known:
                    return known.Node.Eval(evaluation, frame) is { } name && map.TryGet(name, out var named)
                        && Try(name, named, evaluation, frame);
                case RegoArray array when Lookup is { } lookup && array.FindIndex(lookup.Path) is { } index:
                    return Find(array, index, lookup.Wanted, evaluation, frame);
                case RegoArray array:
                    var items = array.Span;
                    for (var i = 0; i < items.Length; i++)
                    {
                        if (Try(At(i), items[i], evaluation, frame))
                            return true;
                    }

                    return false;
                case RegoSet set:
                    foreach (var item in set)
                    {
                        if (Try(item, item, evaluation, frame))
                            return true;
                    }

                    return false;
                case RegoObject map:
                    foreach (var (at, item) in map)
                    {
                        if (Try(at, item, evaluation, frame))
                            return true;
                    }

                    return false;
                default:
                    return false;
            }
        }

        private bool Find(
            RegoArray array, ItemIndex index, Node wanted, Evaluation evaluation, RegoValue?[] frame)
        {
            if (wanted.Eval(evaluation, frame) is not { } known)
                return false;
            foreach (var i in index.Positions(known))
            {
                if (Try(At(i), array[i], evaluation, frame))
                    return true;
            }

            return false;
        }

        /// <summary>An index as a value; any will do where nobody asks for it.</summary>
        private RegoNumber At(int index) => RegoNumber.Of(_asksForKey ? index : 0);

        private bool Try(RegoValue at, RegoValue item, Evaluation evaluation, RegoValue?[] frame)
        {
            evaluation.Tick();
            return (!_asksForKey || key.Match(at, evaluation, frame))
                && value.Match(item, evaluation, frame)
                && Next.Run(evaluation, frame);
        }
    }

    /// <summary>Holds when its body does for each item of a collection, and for none.</summary>
    internal sealed class Every(Node domain, Pattern key, Pattern value, Step entry) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            var holds = domain.Eval(evaluation, frame) switch
            {
                RegoArray array => Holds(array, evaluation, frame),
                RegoSet set => Holds(set, evaluation, frame),
                RegoObject map => Holds(map, evaluation, frame),
                _ => false,
            };
            return holds && Next.Run(evaluation, frame);
        }

        private bool Holds(RegoArray array, Evaluation evaluation, RegoValue?[] frame)
        {
            var items = array.Span;
            for (var i = 0; i < items.Length; i++)
            {
                if (!Try(RegoNumber.Of(i), items[i], evaluation, frame))
                    return false;
            }

            return true;
        }

        private bool Holds(RegoSet set, Evaluation evaluation, RegoValue?[] frame)
        {
            foreach (var item in set)
            {
                if (!Try(item, item, evaluation, frame))
                    return false;
            }

            return true;
        }

        private bool Holds(RegoObject map, Evaluation evaluation, RegoValue?[] frame)
        {
            foreach (var (at, item) in map)
            {
                if (!Try(at, item, evaluation, frame))
                    return false;
            }

            return true;
        }

        private bool Try(RegoValue at, RegoValue item, Evaluation evaluation, RegoValue?[] frame)
        {
            evaluation.Tick();
            return key.Match(at, evaluation, frame)
                && value.Match(item, evaluation, frame)
                && entry.Run(evaluation, frame);
        }
    }

    /// <summary>What <c>print</c> shows: each combination of its arguments' values.</summary>
    internal sealed class Print(Node[] arguments) : Step
    {
        public override bool Run(Evaluation evaluation, RegoValue?[] frame)
        {
            if (evaluation.Builtins.Print is { } print)
            {
                IEnumerable<string> lines = [""];
                foreach (var argument in arguments)
                {
                    var values = (RegoSet)argument.Eval(evaluation, frame)!;
                    string[] words = values.Count == 0 ? ["<undefined>"] : [.. values.Select(value => Text(value))];
                    evaluation.Builtins.CheckItems((long)lines.Count() * words.Length);
                    lines = [.. lines.SelectMany(line => words.Select(word => Joined(line, word)))];
                }

                foreach (var line in lines)
                {
                    print(line.TrimStart(' '));
                }
            }

            return Next.Run(evaluation, frame);

            string Joined(string line, string word)
            {
                evaluation.Tick();
                evaluation.CheckText(line.Length + word.Length + 1L);
                return $"{line} {word}";
            }

            string Text(RegoValue value) => value is RegoString text
                ? text.Value
                : TermText.Write(value, evaluation.Builtins.CheckText);
        }
    }
}
