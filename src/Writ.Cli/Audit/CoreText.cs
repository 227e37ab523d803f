using System.Buffers.Text;
using System.Text.Json;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>What a verifier reads in the core of a record (docs/audit.md): whether it is canonical and says what each
/// must, what it commits to, and what it says was erased.</summary>
internal ref struct CoreText
{
    private const int MaxDepth = 64;
    private const int MostRanges = 1000;
    private const int SaltBytes = 16;
    private const int HashText = 43; // 32 bytes as base64url

    private int _required; // of the members that every record has
    private int _other;

    /// <summary>The commitment to the detail, as it stands there; empty: there never was any.</summary>
    public ReadOnlySpan<byte> DetailHash { get; private set; }

    /// <summary>Whether it records an erasure that was done.</summary>
    public readonly bool IsErasure => _isErase && _isAllowed;

    /// <summary>Whether it is the digest of a record of before the split, too long for an entry.</summary>
    public bool IsDigest { get; private set; }

    /// <summary>Whether it is a record of the second form: a core, and a detail beside it.</summary>
    public bool IsSplit { get; private set; }

    private bool _isErase;
    private bool _isAllowed;

    /// <summary>Reads a core.</summary>
    /// <returns>Why it is none; null: it is one.</returns>
    public static string? TryRead(ReadOnlySpan<byte> core, out CoreText text)
    {
        text = default;
        try
        {
            if (Walk(core, ref text) is { } why) return why;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "no JSON";
        }
        text.IsDigest = text is { _required: 0, _other: 2 } && core.StartsWith("{\"length\":"u8);
        return text.IsDigest || text._required == 4 ? null : "no kind, outcome, time or version";
    }

    /// <summary>The ranges of records that an erasure erased: in order, apart, and of records before it.</summary>
    /// <returns>Whether it says so.</returns>
    public static bool TryErased(ReadOnlySpan<byte> core, long index, IndexRanges erased)
    {
        var root = JsonElement.Parse(core);
        if (!root.TryGetProperty("erased", out var ranges)) return true; // nothing was found
        if (ranges.ValueKind != JsonValueKind.Array || ranges.GetArrayLength() > MostRanges) return false;
        var last = -1L;
        foreach (var range in ranges.EnumerateArray())
        {
            if (range.ValueKind != JsonValueKind.Array || range.GetArrayLength() != 2
                || !TryIndex(range[0], out var from) || !TryIndex(range[1], out var to)
                || from <= last || to <= from || to > index) return false;
            erased.Add(from, to);
            last = to - 1;
        }
        return true;
    }

    /// <summary>Whether a detail is what a core commits to.</summary>
    public static bool IsCommitted(ReadOnlySpan<byte> commitment, ReadOnlySpan<byte> detail)
    {
        Span<byte> computed = stackalloc byte[TreeHash.Size];
        Span<byte> text = stackalloc byte[HashText + 1];
        Sha256.Hash(detail, computed);
        return Base64Url.EncodeToUtf8(computed, text) is var length && commitment.SequenceEqual(text[..length]);
    }

    /// <summary>What is wrong with a detail that its core commits to: it is a salt and canonical JSON, and has nothing
    /// of what stands in cores, or it could pass for that.</summary>
    /// <returns>Null: nothing.</returns>
    public static string? FaultOf(ReadOnlySpan<byte> core, ReadOnlySpan<byte> detail)
    {
        if (detail.Length < SaltBytes + 2) return "a detail without a salt";
        var json = detail[SaltBytes..];
        var text = default(CoreText);
        try
        {
            if (Walk(json, ref text) is { } why) return $"a detail with {why}";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "a detail that is no JSON";
        }
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (!IsOfDetail(reader.ValueSpan) || Has(core, reader.ValueSpan)) return "a detail with a member of cores";
            reader.Skip();
        }
        return null;
    }

    private static bool IsOfDetail(ReadOnlySpan<byte> name) => name.SequenceEqual("actor"u8)
        || name.SequenceEqual("detail"u8) || name.SequenceEqual("subject"u8) || name.SequenceEqual("task"u8);

    private static bool Has(ReadOnlySpan<byte> core, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(core);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.ValueTextEquals(name)) return true;
            reader.Skip();
        }
        return false;
    }

    private static bool TryIndex(JsonElement element, out long index)
    {
        index = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out index) && index >= 0;
    }

    // Members in ordinal order, each once; nothing between the tokens but what parts them.
    private static string? Walk(ReadOnlySpan<byte> core, ref CoreText text)
    {
        var reader = new Utf8JsonReader(core, new JsonReaderOptions { MaxDepth = MaxDepth });
        var end = 0L;
        ReadOnlySpan<byte> last = default, lastBelow = default;
        for (var isFirst = true; reader.Read(); isFirst = false)
        {
            if (isFirst && reader.TokenType != JsonTokenType.StartObject) return "no object";
            var gap = reader.TokenStartIndex - end;
            if (gap > 1 || (gap == 1 && core[(int)end] != ',')) return "white space";
            end = reader.BytesConsumed;
            if (reader.TokenType == JsonTokenType.String && reader.ValueIsEscaped) _ = reader.GetString(); // or throws
            if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == 1) lastBelow = default;
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            // A reader has read the colon with the name.
            if (core[(int)end - 1] != ':' || core[(int)end - 2] != '"') return "white space";
            if (reader.CurrentDepth > 2) continue;
            var name = reader.ValueSpan;
            var before = reader.CurrentDepth == 1 ? last : lastBelow;
            if (!before.IsEmpty && before.SequenceCompareTo(name) >= 0) return "members out of their order";
            if (reader.CurrentDepth == 2)
            {
                lastBelow = name;
                continue;
            }
            if (reader.ValueIsEscaped) return "members out of their order";
            last = name;
            if (text.Take(core, ref reader, name) is { } why) return why;
        }
        return end == core.Length ? null : "white space";
    }

    // Looks at the value without moving the reader.
    private string? Take(ReadOnlySpan<byte> core, ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        var rest = core[(int)reader.BytesConsumed..];
        if (name.SequenceEqual("detail_hash"u8))
        {
            if (rest.Length < HashText + 2 || rest[0] != '"' || rest[HashText + 1] != '"') return "no detail_hash";
            DetailHash = rest.Slice(1, HashText);
        }
        else if (name.SequenceEqual("kind"u8))
        {
            _isErase = rest.StartsWith("\"audit.erase\""u8);
            _required += rest[0] == '"' ? 1 : 0;
        }
        else if (name.SequenceEqual("outcome"u8))
        {
            _isAllowed = rest.StartsWith("\"allow\""u8);
            _required += _isAllowed || rest.StartsWith("\"deny\""u8) ? 1 : 0;
        }
        else if (name.SequenceEqual("at"u8))
        {
            _required += rest[0] is >= (byte)'0' and <= (byte)'9' ? 1 : 0;
        }
        else if (name.SequenceEqual("v"u8))
        {
            IsSplit = rest.StartsWith("2"u8);
            _required += rest[0] is (byte)'1' or (byte)'2' && rest[1] == '}' ? 1 : 0;
        }
        else
        {
            _other++;
        }
        return null;
    }
}
