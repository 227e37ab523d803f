using System.Text;

namespace Writ.Rego.Values;

/// <summary>
/// A string, ordered by code point. Bytes that are no UTF-8 (the language's strings may hold any) are kept as lone
/// surrogates: see <see cref="ToUtf8" />.
/// </summary>
public sealed class RegoString : RegoValue
{
    private static readonly RegoString[] Shortest =
        [.. Enumerable.Range(0, 128).Select(c => new RegoString($"{(char)c}"))];

    /// <summary>Up to so many bytes are hashed on the stack.</summary>
    private const int OnStack = 256;

    private readonly object _text; // a string, or the bytes of a document in which the text lies
    private readonly int _offset;
    private readonly int _length;
    private int _code;

    /// <summary>Wraps a text.</summary>
    /// <param name="text">The text; not copied.</param>
    public RegoString(string text) => _text = text;

    /// <summary>A part of a document, which is valid UTF-8; it is decoded when somebody asks for the text.</summary>
    internal RegoString(byte[] document, int offset, int length) =>
        (_text, _offset, _length) = (document, offset, length);

    /// <summary>The empty string.</summary>
    public static RegoString Empty { get; } = new("");

    /// <summary>The text, in UTF-16.</summary>
    public string Value => _text as string ?? Encoding.UTF8.GetString(Bytes);

    /// <summary>Its length in the units that it is kept in: an estimate of the work with it.</summary>
    internal int Size => _text is string text ? text.Length : _length;

    private ReadOnlySpan<byte> Bytes => ((byte[])_text).AsSpan(_offset, _length);

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.String;

    /// <summary>A string; the shortest ones are shared.</summary>
    public static RegoString Of(string text) => text switch
    {
        [] => Empty,
        [< (char)128 and var c] => Shortest[c],
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
            _code = Mix.Finish(Hash());
        }

        return _code;
    }

    /// <summary>Texts that differ mostly do in their length; hashes are compared only where they are known.</summary>
    internal bool IsSame(RegoString other)
    {
        if (_code != other._code && _code != 0 && other._code != 0)
            return false;
        return (_text as string, other._text as string) switch
        {
            ({ } one, { } two) => string.Equals(one, two, StringComparison.Ordinal),
            ({ } one, null) => other.Is(one),
            (null, { } two) => Is(two),
            _ => Bytes.SequenceEqual(other.Bytes),
        };
    }

    /// <summary>Whether the text has these bytes in UTF-8.</summary>
    internal bool Is(ReadOnlySpan<byte> bytes) => _text is string text
        ? text.Length == bytes.Length && Ascii.Equals(bytes, text)
        : Bytes.SequenceEqual(bytes);

    /// <summary>Bytes against a text: only other than ASCII takes more bytes than the text has units.</summary>
    private bool Is(string text) => text.Length == _length
        ? Ascii.Equals(Bytes, text)
        : text.Length < _length && Encoding.UTF8.GetByteCount(text) == _length
            && string.Equals(Value, text, StringComparison.Ordinal);

    /// <summary>The order of code points is that of their bytes in UTF-8.</summary>
    private protected override int CompareSameKind(RegoValue other)
    {
        var text = (RegoString)other;
        Work.Tick(Math.Min(Size, text.Size) >> 10);
        return _text is byte[] && text._text is byte[]? Bytes.SequenceCompareTo(text.Bytes)
            : ByteText.Compare(Value, text.Value);
    }

    private int Hash()
    {
        if (_text is string text)
            return string.GetHashCode(text, StringComparison.Ordinal);
        var units = _length <= OnStack ? stackalloc char[OnStack] : new char[_length];
        return string.GetHashCode(units[..Encoding.UTF8.GetChars(Bytes, units)], StringComparison.Ordinal);
    }
}
