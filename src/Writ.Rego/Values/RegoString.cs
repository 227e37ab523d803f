namespace Writ.Rego.Values;

/// <summary>
/// A string, ordered by code point. Bytes that are no UTF-8 (the language's strings may hold any) are kept as lone
/// surrogates: see <see cref="ToUtf8" />.
/// </summary>
public sealed class RegoString : RegoValue
{
    private static readonly RegoString[] Ascii =
        [.. Enumerable.Range(0, 128).Select(c => new RegoString($"{(char)c}"))];
    private int _code;

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
        ReferenceEquals(this, other) || (other is RegoString text && IsSame(text));

    /// <inheritdoc />
    public override int GetHashCode()
    {
        if (_code == 0)
        {
            var code = string.GetHashCode(Value, StringComparison.Ordinal);
            _code = code == 0 ? 1 : code;
        }

        return _code;
    }

    /// <summary>Texts that differ mostly do in their length; hashes are compared only where they are known.</summary>
    internal bool IsSame(RegoString other) =>
        (_code == other._code || _code == 0 || other._code == 0)
        && string.Equals(Value, other.Value, StringComparison.Ordinal);

    private protected override int CompareSameKind(RegoValue other) =>
        ByteText.Compare(Value, ((RegoString)other).Value);
}
