using Writ.Rego.Builtins;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Tree;

/// <summary>What stands for a value: the closed family of terms. Nothing in it changes once it is made.</summary>
internal abstract class Term(Span span)
{
    public Span Span { get; } = span;

    /// <summary>null, a boolean, a number or a string, as it was written.</summary>
    internal sealed class Literal(RegoValue value, Span span) : Term(span)
    {
        public RegoValue Value { get; } = value;
    }

    /// <summary>
    /// A variable; each <c>_</c> is one of its own, named <c>$1</c>, <c>$2</c>… Once names are resolved a local one
    /// has a number, and what has none is <c>input</c>, <c>data</c> or a built-in.
    /// </summary>
    internal sealed class Variable(string name, Span span, int id = -1) : Term(span)
    {
        public string Name { get; } = name;

        public int Id { get; } = id;

        public bool IsWildcard => Name[0] == '$';
    }

    /// <summary><c>head.name[key]…</c>; the head is a variable, a call or a composite.</summary>
    internal sealed class Reference(Term head, Term[] path, Span span) : Term(span)
    {
        public Term Head { get; } = head;

        public Term[] Path { get; } = path;
    }

    internal sealed class Call(Term function, Term[] arguments, string? sign, Span span) : Term(span)
    {
        /// <summary>A variable or a reference of constant strings.</summary>
        public Term Function { get; } = function;

        public Term[] Arguments { get; } = arguments;

        /// <summary>How it was written between its arguments, as <c>+</c>; null for <c>f(x)</c>.</summary>
        public string? Sign { get; } = sign;

        /// <summary>What is called, once names are resolved; null where it is a function that rules define.</summary>
        public Builtin? Builtin { get; init; }
    }

    internal sealed class Array(Term[] items, Span span) : Term(span)
    {
        public Term[] Items { get; } = items;
    }

    internal sealed class Set(Term[] items, Span span) : Term(span)
    {
        public Term[] Items { get; } = items;
    }

    internal sealed class Object(KeyValuePair<Term, Term>[] items, Span span) : Term(span)
    {
        public KeyValuePair<Term, Term>[] Items { get; } = items;
    }

    /// <summary>An array, set or object comprehension; only that of an object has a key.</summary>
    internal sealed class Comprehension(CollectionKind kind, Term? key, Term value, Expression[] body, Span span)
        : Term(span)
    {
        public CollectionKind Kind { get; } = kind;

        public Term? Key { get; } = key;

        public Term Value { get; } = value;

        public Expression[] Body { get; } = body;

        /// <summary>The outer variables that are named in here; known once names are resolved.</summary>
        public int[] Captures { get; init; } = [];
    }

    /// <summary>A string with terms in it: its parts are literal strings and terms, in order.</summary>
    internal sealed class Template(TemplatePart[] parts, bool isRaw, Span span) : Term(span)
    {
        public TemplatePart[] Parts { get; } = parts;

        public bool IsRaw { get; } = isRaw;
    }
}
