using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>One line of a body: the closed family of expressions, each with its <c>with</c>.</summary>
internal abstract class Expression(WithModifier[] with, Span span)
{
    public WithModifier[] With { get; } = with;

    public Span Span { get; } = span;

    /// <summary>A term that must be neither undefined nor false, or with <c>not</c> must be.</summary>
    internal sealed class Test(Term term, bool isNegated, WithModifier[] with, Span span) : Expression(with, span)
    {
        public Term Term { get; } = term;

        public bool IsNegated { get; } = isNegated;
    }

    /// <summary><c>left = right</c>, or <c>left := right</c>.</summary>
    internal sealed class Unify(
        Term left, Term right, bool isAssignment, bool isNegated, WithModifier[] with, Span span)
        : Expression(with, span)
    {
        public Term Left { get; } = left;

        public Term Right { get; } = right;

        public bool IsAssignment { get; } = isAssignment;

        public bool IsNegated { get; } = isNegated;
    }

    /// <summary><c>some x, y</c>.</summary>
    internal sealed class Some(Term.Variable[] names, Span span) : Expression([], span)
    {
        public Term.Variable[] Names { get; } = names;
    }

    /// <summary><c>some value in collection</c>, <c>some key, value in collection</c>.</summary>
    internal sealed class SomeIn(Term? key, Term value, Term collection, WithModifier[] with, Span span)
        : Expression(with, span)
    {
        public Term? Key { get; } = key;

        public Term Value { get; } = value;

        public Term Collection { get; } = collection;
    }

    /// <summary>
    /// <c>not</c> where a module imports <c>future.keywords.not</c>: holds when its body, all parts of it included,
    /// has no solution. Without the import negation is a property of what is negated.
    /// </summary>
    internal sealed class Not(Operand operand, WithModifier[] with, Span span) : Expression(with, span)
    {
        public Operand Operand { get; } = operand;
    }

    /// <summary><c>a and b and …</c>, <c>a or b or …</c>: gives no value and binds nothing.</summary>
    internal sealed class Logical(bool isOr, Operand[] operands, WithModifier[] with, Span span)
        : Expression(with, span)
    {
        public bool IsOr { get; } = isOr;

        public Operand[] Operands { get; } = operands;
    }

    /// <summary><c>every value in domain { body }</c>, <c>every key, value in domain { body }</c>.</summary>
    internal sealed class Every(EveryHead head, Expression[] body, WithModifier[] with, Span span)
        : Expression(with, span)
    {
        public EveryHead Head { get; } = head;

        public Expression[] Body { get; } = body;

        /// <summary>The outer variables that are named in here; known once names are resolved.</summary>
        public int[] Captures { get; init; } = [];
    }
}
