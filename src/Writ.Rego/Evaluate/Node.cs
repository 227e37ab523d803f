using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// The execution form of what has at most one value. Variables are slots of a frame; undefined is null. Immutable:
/// all state is in the frame and the evaluation.
/// </summary>
internal abstract class Node
{
    /// <summary>The value that it always has; null when it must be computed.</summary>
    public virtual RegoValue? Known => null;

    public abstract RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame);

    internal sealed class Constant(RegoValue value) : Node
    {
        public override RegoValue? Known => value;

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) => value;
    }

    internal sealed class Slot(int index) : Node
    {
        public int Number => index;

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) => frame[index];
    }

    internal sealed class Input : Node
    {
        public static Input Instance { get; } = new();

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) => evaluation.Scope.Input;
    }

    /// <summary>A constant path below the input; one that is asked for in several places is remembered.</summary>
    internal sealed class InputPath(RegoValue[] path) : Node
    {
        /// <summary>Where its value is kept in a scope; negative when it is not. Set while compiling.</summary>
        public int Place { get; set; } = -1;

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            if (Place < 0)
                return Find(evaluation.Scope.Input);
            ref var known = ref evaluation.Scope.InputPath(Place);
            known ??= Find(evaluation.Scope.Input) ?? Undefined.Mark;
            return ReferenceEquals(known, Undefined.Mark) ? null : known;
        }

        private RegoValue? Find(RegoValue? value)
        {
            for (var i = 0; i < path.Length && value is not null; i++)
            {
                value = Access.Get(value, path[i]);
            }

            return value;
        }
    }

    /// <summary>A constant path of base documents, where no rule lies.</summary>
    internal sealed class BasePath(RegoValue[] path) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            RegoValue? value = evaluation.Scope.Data;
            for (var i = 0; i < path.Length && value is not null; i++)
            {
                value = Access.GetDocument(value, path[i]);
            }

            return value;
        }
    }

    internal sealed class Index(Node of, Node key) : Node
    {
        public Node Of => of;

        public Node Key => key;

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) =>
            of.Eval(evaluation, frame) is { } value && key.Eval(evaluation, frame) is { } at
                ? Access.Get(value, at)
                : null;
    }

    /// <summary>The document that rules make.</summary>
    internal sealed class Document(Compile.RuleGroup group) : Node
    {
        public Compile.RuleGroup Group => group;

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) => evaluation.Document(group);
    }

    /// <summary>The member of a set that rules make, without the others.</summary>
    internal sealed class Member(Compile.RuleGroup group, Node key) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) =>
            key.Eval(evaluation, frame) is { } wanted ? evaluation.Member(group, wanted) : null;
    }

    /// <summary>Whether a set that rules make has a member.</summary>
    internal sealed class HasMember(Compile.RuleGroup group, Node key) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) =>
            key.Eval(evaluation, frame) is { } wanted
                ? RegoBoolean.Of(evaluation.Member(group, wanted) is not null)
                : null;
    }

    /// <summary>All that lies at a place of the virtual documents, base documents included.</summary>
    internal sealed class Extent(Compile.RuleNode node) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) =>
            Extents.Of(evaluation, node, Extents.Base(evaluation, node));
    }

    internal sealed class ArrayOf(Node[] items) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var values = new RegoValue[items.Length];
            for (var i = 0; i < items.Length; i++)
            {
                if (items[i].Eval(evaluation, frame) is not { } value)
                    return null;
                values[i] = value;
            }

            return RegoArray.Own(values);
        }
    }

    internal sealed class SetOf(Node[] items) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var set = new RegoSet.Builder(items.Length);
            foreach (var item in items)
            {
                if (item.Eval(evaluation, frame) is not { } value)
                    return null;
                set.Add(value);
            }

            return set.Build();
        }
    }

    internal sealed class ObjectOf(KeyValuePair<Node, Node>[] items, Syntax.Span span) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var map = new RegoObject.Builder(items.Length);
            foreach (var (keyNode, valueNode) in items)
            {
                if (keyNode.Eval(evaluation, frame) is not { } key
                    || valueNode.Eval(evaluation, frame) is not { } value)
                {
                    return null;
                }

                if (!map.TryAdd(key, value, out var present) && !present.Equals(value))
                    throw span.Error(ErrorCodes.Conflict, "object keys must be unique");
            }

            return map.Build();
        }
    }

    internal sealed class Comprehension(Tree.CollectionKind kind, Step entry) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var outer = evaluation.Collector;
            try
            {
                switch (kind)
                {
                    case Tree.CollectionKind.Array:
                        var items = new List<RegoValue>();
                        evaluation.Collector = items;
                        entry.Run(evaluation, frame);
                        return items.Count == 0 ? RegoArray.Empty : RegoArray.Own([.. items]);
                    case Tree.CollectionKind.Set:
                        var set = new RegoSet.Builder();
                        evaluation.Collector = set;
                        entry.Run(evaluation, frame);
                        return set.Build();
                    default:
                        var map = new RegoObject.Builder();
                        evaluation.Collector = map;
                        entry.Run(evaluation, frame);
                        return map.Build();
                }
            }
            finally
            {
                evaluation.Collector = outer;
            }
        }
    }

    /// <summary>A template string; each term in it is the set of its values.</summary>
    internal sealed class Template(TemplateNode[] parts, Syntax.Span span) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var text = new System.Text.StringBuilder();
            foreach (var part in parts)
            {
                if (part.Values is null)
                {
                    text.Append(part.Text);
                    continue;
                }

                var values = (RegoSet)part.Values.Eval(evaluation, frame)!;
                if (values.Count > 1)
                    throw span.Error(ErrorCodes.Conflict, "template-strings must not produce multiple outputs");
                text.Append(values.Count == 0 ? "<undefined>"
                    : values[0] is RegoString plain
                        ? plain.Value
                        : TermText.Write(values[0], evaluation.Builtins.CheckText));
                evaluation.CheckText(text.Length);
            }

            return RegoString.Of(text.ToString());
        }
    }

    internal sealed class Equality(Node left, Node right, bool isNegated) : Node
    {
        public Node Left => left;

        public Node Right => right;

        public bool IsNegated => isNegated;

        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame) =>
            left.Eval(evaluation, frame) is { } one && right.Eval(evaluation, frame) is { } other
                ? RegoBoolean.Of(one.Equals(other) != isNegated)
                : null;
    }

    internal sealed class IsIn(Node? key, Node value, Node collection) : Node
    {
        public override RegoValue? Eval(Evaluation evaluation, RegoValue?[] frame)
        {
            var at = key?.Eval(evaluation, frame);
            if ((key is not null && at is null)
                || value.Eval(evaluation, frame) is not { } wanted
                || collection.Eval(evaluation, frame) is not { } items)
            {
                return null;
            }

            return RegoBoolean.Of(at is null
                ? Access.Contains(items, wanted)
                : Access.Get(items, at) is { } found && found.Equals(wanted));
        }
    }
}
