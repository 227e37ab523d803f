using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Writ.Rego.Values.Json;

/// <summary>Builds values from a reader's tokens. Used by one thread, for one text or one part of it.</summary>
internal sealed class JsonTree(StringPool pool, LazyText? lazy, DocumentPart source)
{
    /// <summary>Composite parts of a lazy text up to this length are built when somebody looks at them.</summary>
    private const int LazyBytes = 2048;

    private const int PooledBytes = 32;

    /// <summary>A number of so few characters is within all bounds.</summary>
    private const int SurelyNumber = 8;

    private readonly List<RegoValue> _keys = [];
    private readonly List<RegoValue> _values = [];

    /// <summary>
    /// The value that begins with the reader's token; afterwards the reader stands on its last token.
    /// </summary>
    public RegoValue Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => lazy is not null && TrySkip(ref reader, out var at)
            ? new RegoObject(lazy, at)
            : MakeObject(ReadMembers(ref reader)),
        JsonTokenType.StartArray => lazy is not null && TrySkip(ref reader, out var at)
            ? new RegoArray(lazy, at)
            : RegoArray.Own(ReadItems(ref reader)),
        JsonTokenType.String => ReadString(ref reader, isKey: false),
        JsonTokenType.Number => ReadNumber(reader.ValueSpan),
        JsonTokenType.True => RegoBoolean.True,
        JsonTokenType.False => RegoBoolean.False,
        _ => RegoNull.Instance,
    };

    public RegoValue[] ReadItems(ref Utf8JsonReader reader)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var start = _values.Count;
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            _values.Add(Read(ref reader));
        }

        return Take(_values, start);
    }

    public (KeyTable Keys, RegoValue[] Values) ReadMembers(ref Utf8JsonReader reader)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var (firstKey, firstValue) = (_keys.Count, _values.Count);
        while (reader.Read() && reader.TokenType is not JsonTokenType.EndObject)
        {
            _keys.Add(ReadString(ref reader, isKey: true));
            reader.Read();
            _values.Add(Read(ref reader));
        }

        var keys = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_keys)[firstKey..];
        if (pool.FindTable(keys) is not { } table)
        {
            table = Distinct(keys, firstValue);
            pool.Keep(table);
        }

        _keys.RemoveRange(firstKey, _keys.Count - firstKey);
        return (table, Take(_values, firstValue));
    }

    private static RegoObject MakeObject((KeyTable Keys, RegoValue[] Values) members) =>
        members.Keys.Count == 0 ? RegoObject.Empty : new RegoObject(members.Keys, members.Values);

    /// <summary>Of keys that occur twice the last one's value counts.</summary>
    private KeyTable Distinct(ReadOnlySpan<RegoValue> keys, int firstValue)
    {
        var builder = new KeyTableBuilder(keys.Length);
        for (var i = 0; i < keys.Length; i++)
        {
            _values[firstValue + builder.Add(keys[i], out _)] = _values[firstValue + i];
        }

        _values.RemoveRange(firstValue + builder.Count, keys.Length - builder.Count);
        return builder.ToTable();
    }

    private static RegoValue[] Take(List<RegoValue> list, int start)
    {
        var count = list.Count - start;
        if (count == 0)
        {
            return [];
        }

        var items = new RegoValue[count];
        list.CopyTo(start, items, 0, count);
        list.RemoveRange(start, count);
        return items;
    }

    /// <summary>Moves the reader over a part when that is small, checking its syntax on the way.</summary>
    private bool TrySkip(ref Utf8JsonReader reader, out int at)
    {
        at = (int)reader.TokenStartIndex + lazy!.Start;
        var ahead = reader;
        var depth = reader.CurrentDepth;
        while (ahead.BytesConsumed - reader.TokenStartIndex <= LazyBytes && ahead.Read())
        {
            if (ahead.CurrentDepth == depth && ahead.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                reader = ahead;
                return true;
            }

            if (ahead.TokenType is JsonTokenType.Number && ahead.ValueSpan.Length > SurelyNumber)
            {
                ReadNumber(ahead.ValueSpan);
            }
        }

        return false;
    }

    private RegoString ReadString(ref Utf8JsonReader reader, bool isKey)
    {
        var bytes = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            return RegoString.Of(Unescape(bytes));
        }

        if (bytes.Length > PooledBytes)
            return Make(bytes, reader.TokenStartIndex);
        if (bytes.Length < 2)
            return RegoString.Of(Encoding.UTF8.GetString(bytes));
        ref var place = ref pool.Place(bytes, isKey);
        var known = place;
        return known is not null && known.Is(bytes) ? known : place = Make(bytes, reader.TokenStartIndex);
    }

    /// <summary>A string of a document stays where it is; the quotation mark comes before it.</summary>
    private RegoString Make(ReadOnlySpan<byte> bytes, long at) => source.Document is { } document && Utf8.IsValid(bytes)
        ? new RegoString(document, source.Start + (int)at + 1, bytes.Length)
        : new RegoString(Encoding.UTF8.GetString(bytes));

    private static RegoNumber ReadNumber(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 1 or 2 && bytes[0] != '-')
        {
            return RegoNumber.Of(bytes.Length == 1 ? bytes[0] - '0' : ((bytes[0] - '0') * 10) + bytes[1] - '0');
        }

        if (bytes.Length <= 128)
        {
            Span<char> text = stackalloc char[128];
            return RegoNumber.Parse(text[..Encoding.ASCII.GetChars(bytes, text)]);
        }

        return RegoNumber.Parse(Encoding.ASCII.GetString(bytes));
    }

    /// <summary>The reader has checked the escapes; surrogates without their other half become U+FFFD.</summary>
    private static string Unescape(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (bytes.IndexOf((byte)'\\') is >= 0 and var at)
        {
            text.Append(Encoding.UTF8.GetString(bytes[..at]));
            text.Append(bytes[at + 1] switch
            {
                (byte)'n' => '\n',
                (byte)'t' => '\t',
                (byte)'r' => '\r',
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'u' => (char)Convert.ToUInt16(Encoding.ASCII.GetString(bytes.Slice(at + 2, 4)), 16),
                var other => (char)other,
            });
            bytes = bytes[(at + (bytes[at + 1] == 'u' ? 6 : 2))..];
        }

        var whole = text.Append(Encoding.UTF8.GetString(bytes)).ToString();
        return ByteText.HoldsBytes(whole) ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(whole)) : whole;
    }
}
