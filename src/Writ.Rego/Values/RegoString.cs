namespace Writ.Rego.Values;

/// <summary>
/// A string, ordered by code point. Bytes that are no UTF-8 (the language's strings may hold any) are kept as lone
/// surrogates: see <see cref="ToUtf8" />.
/// </summary>
public sealed class RegoString : RegoValue
{
    private static readonly RegoString[] Ascii =
        [.. Enumerable.Range(0, 128).Select(c => new RegoString($"{(char)c}"))];
    private int _hash;

    /// <summary>Wraps a text.</summary>
    /// <param name="text">The text; not copied.</param>
    public RegoString(string text) => Value = text;

    /// <summary>The empty string.</summary>
    public static RegoString Empty { get; } = new("");

    /// <summary>The text, in UTF-16.</summary>
    public string Value { get; }

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.String;

    /// <summary>A string; the shortest ones are shared.</summary>
    public static RegoString Of(string text) => text switch
    {
        [] => Empty,
        [< (char)128 and var c] => Ascii[c],
        _ => new(text),
    };

    /// <summary>A string of any bytes.</summary>
    public static RegoString OfUtf8(ReadOnlySpan<byte> bytes) => Of(ByteText.Decode(bytes));

    /// <summary>The text's bytes in UTF-8, or those it was made of where they are no UTF-8.</summary>
    public byte[] ToUtf8() => ByteText.Encode(Value);

    /// <inheritdoc />
    public override bool Equals(RegoValue? other) =>
        ReferenceEquals(this, other)
        || (other is RegoString { } text && GetHashCode() == text.GetHashCode()
            && string.Equals(Value, text.Value, StringComparison.Ordinal));

    /// <inheritdoc />
    public override int GetHashCode()
    {
        if (_hash == 0)
        {
            var hash = string.GetHashCode(Value, StringComparison.Ordinal);
            _hash = hash == 0 ? 1 : hash;
        }

        return _hash;
    }

    private protected override int CompareSameKind(RegoValue other) =>
        ByteText.Compare(Value, ((RegoString)other).Value);
}
