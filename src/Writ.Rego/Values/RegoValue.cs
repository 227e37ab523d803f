using Writ.Rego.Values.Json;

namespace Writ.Rego.Values;

/// <summary>
/// An immutable value of the policy language. Equality is by value (1 equals 1.0), the order is total over all kinds,
/// and both are safe to use from several threads.
/// </summary>
public abstract class RegoValue : IEquatable<RegoValue>, IComparable<RegoValue>, IComparable
{
    private protected RegoValue()
    {
    }

    /// <summary>Which of the kinds this value is.</summary>
    public abstract RegoKind Kind { get; }

    /// <summary>The kind's name as the language has it: <c>null</c>, <c>boolean</c>, <c>number</c>, …</summary>
    public string KindName => Kind switch
    {
        RegoKind.Null => "null",
        RegoKind.Boolean => "boolean",
        RegoKind.Number => "number",
        RegoKind.String => "string",
        RegoKind.Array => "array",
        RegoKind.Object => "object",
        _ => "set",
    };

    /// <summary>Reads one JSON text.</summary>
    /// <param name="json">The text, with nothing but white space after its value.</param>
    /// <returns>The value; of keys that occur twice in an object the last counts.</returns>
    /// <exception cref="FormatException">The text is not JSON, or is nested too deeply.</exception>
    public static RegoValue ParseJson(string json) => JsonDocumentReader.Read(json);

    /// <inheritdoc cref="ParseJson(string)" />
    public static RegoValue ParseJson(ReadOnlySpan<byte> json) => JsonDocumentReader.Read(json);

    /// <summary>
    /// Reads a large JSON text, whose small parts are only checked now and built when somebody looks at them.
    /// </summary>
    /// <param name="json">The text in UTF-8; it is kept, not copied, and must not be changed afterwards.</param>
    /// <returns>The value, which holds on to the text.</returns>
    /// <exception cref="FormatException">The text is not JSON, or is nested too deeply.</exception>
    public static RegoValue ParseJsonDocument(byte[] json) => JsonDocumentReader.ReadLazily(json);

    /// <inheritdoc />
    public abstract bool Equals(RegoValue? other);

    /// <inheritdoc />
    public sealed override bool Equals(object? obj) => obj is RegoValue other && Equals(other);

    /// <inheritdoc />
    public abstract override int GetHashCode();

    /// <inheritdoc />
    public int CompareTo(RegoValue? other)
    {
        if (ReferenceEquals(this, other))
        {
            return 0;
        }

        if (other is null)
        {
            return 1;
        }

        return Kind == other.Kind ? CompareSameKind(other) : Kind.CompareTo(other.Kind);
    }

    /// <inheritdoc />
    public int CompareTo(object? obj) => CompareTo((RegoValue?)obj);

    /// <summary>
    /// The value as a JSON text: sets become sorted arrays, keys that are no strings become their text.
    /// </summary>
    public string ToJson() => JsonText.Write(this);

    /// <summary>The same over several lines.</summary>
    /// <param name="indent">What each level is indented by.</param>
    public string ToJson(string indent) => JsonText.Write(this, "", indent);

    /// <summary>The value as a term of the language, as it could be written in a policy.</summary>
    public sealed override string ToString() => TermText.Write(this);

    private protected abstract int CompareSameKind(RegoValue other);

    /// <summary>Equality by value.</summary>
    public static bool operator ==(RegoValue? left, RegoValue? right) =>
        left is null ? right is null : left.Equals(right);

    /// <summary>Inequality by value.</summary>
    public static bool operator !=(RegoValue? left, RegoValue? right) => !(left == right);

    /// <summary>The total order.</summary>
    public static bool operator <(RegoValue? left, RegoValue? right) => Compare(left, right) < 0;

    /// <summary>The total order.</summary>
    public static bool operator <=(RegoValue? left, RegoValue? right) => Compare(left, right) <= 0;

    /// <summary>The total order.</summary>
    public static bool operator >(RegoValue? left, RegoValue? right) => Compare(left, right) > 0;

    /// <summary>The total order.</summary>
    public static bool operator >=(RegoValue? left, RegoValue? right) => Compare(left, right) >= 0;

    private static int Compare(RegoValue? left, RegoValue? right) =>
        left is null ? (right is null ? 0 : -1) : left.CompareTo(right);
}
