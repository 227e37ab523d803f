namespace Writ.Rego.Types;

/// <summary>What is known of a value before it is computed. Written as the language's own tools write types.</summary>
public abstract record RegoType
{
    private RegoType()
    {
    }

    /// <summary>The type of <c>null</c>.</summary>
    public static RegoType Null { get; } = new Scalar("null");

    /// <summary>The type of <c>true</c> and <c>false</c>.</summary>
    public static RegoType Boolean { get; } = new Scalar("boolean");

    /// <summary>The type of numbers.</summary>
    public static RegoType Number { get; } = new Scalar("number");

    /// <summary>The type of strings.</summary>
    public static RegoType String { get; } = new Scalar("string");

    /// <summary>The type of all values.</summary>
    public static RegoType Anything { get; } = new Any([]);

    /// <summary>Reads a type as it is written: <c>array[any]</c>, <c>any&lt;number, set[any]&gt;</c>, …</summary>
    /// <exception cref="FormatException">The text is no type.</exception>
    public static RegoType Parse(string text) => TypeParser.ParseType(text);

    /// <summary>One of the scalar types.</summary>
    /// <param name="Name">Its name in the language.</param>
    public sealed record Scalar(string Name) : RegoType
    {
        /// <inheritdoc />
        public override string ToString() => Name;
    }

    /// <summary>Arrays: the first items each of their own type, then any number of others.</summary>
    /// <param name="Static">The types of the first items, all of which are there.</param>
    /// <param name="Dynamic">The type of the items after them; null when there are none.</param>
    public sealed record Array(IReadOnlyList<RegoType> Static, RegoType? Dynamic) : RegoType
    {
        /// <inheritdoc />
        public override string ToString() =>
            "array" + (Static.Count == 0 ? "" : $"<{string.Join(", ", Static)}>")
            + (Dynamic is null ? "" : $"[{Dynamic}]");

        /// <inheritdoc />
        public bool Equals(Array? other) =>
            other is not null && Static.SequenceEqual(other.Static) && Equals(Dynamic, other.Dynamic);

        /// <inheritdoc />
        public override int GetHashCode() => HashCode.Combine(Static.Count, Dynamic);
    }

    /// <summary>Sets.</summary>
    /// <param name="Of">The members' type.</param>
    public sealed record Set(RegoType Of) : RegoType
    {
        /// <inheritdoc />
        public override string ToString() => $"set[{Of}]";
    }

    /// <summary>Objects: named properties, then any number of others.</summary>
    /// <param name="Static">Keys that are there, with the types of their values.</param>
    /// <param name="Dynamic">The types of other keys and their values; null when there are none.</param>
    public sealed record Object(
        IReadOnlyList<KeyValuePair<Values.RegoValue, RegoType>> Static, (RegoType Key, RegoType Value)? Dynamic)
        : RegoType
    {
        /// <inheritdoc />
        public override string ToString()
        {
            var properties = Static.Select(p => $"{(p.Key is Values.RegoString s ? s.Value : p.Key)}: {p.Value}");
            return "object" + (Static.Count == 0 ? "" : $"<{string.Join(", ", properties)}>")
                + (Dynamic is var (key, value) ? $"[{key}: {value}]" : "");
        }

        /// <inheritdoc />
        public bool Equals(Object? other) =>
            other is not null && Static.SequenceEqual(other.Static) && Equals(Dynamic, other.Dynamic);

        /// <inheritdoc />
        public override int GetHashCode() => HashCode.Combine(Static.Count, Dynamic);
    }

    /// <summary>One of several types; of no named one, all values.</summary>
    /// <param name="Of">The alternatives; empty for all values.</param>
    public sealed record Any(IReadOnlyList<RegoType> Of) : RegoType
    {
        /// <inheritdoc />
        public override string ToString() => Of.Count == 0 ? "any" : $"any<{string.Join(", ", Of)}>";

        /// <inheritdoc />
        public bool Equals(Any? other) => other is not null && Of.SequenceEqual(other.Of);

        /// <inheritdoc />
        public override int GetHashCode() => Of.Count;
    }
}
