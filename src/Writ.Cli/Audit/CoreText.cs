using System.Buffers.Text;
using System.Text.Json;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>What a verifier reads in the core of a record (docs/audit.md): whether it is canonical, what it commits to,
/// and what it says was erased.</summary>
internal ref struct CoreText
{
    private const int MaxDepth = 64;

    /// <summary>The commitment to the detail, as it stands there; empty: there never was any.</summary>
    public ReadOnlySpan<byte> DetailHash { get; private set; }

    /// <summary>Whether it records an erasure.</summary>
    public bool IsErasure { get; private set; }

    /// <summary>Reads a core.</summary>
    /// <returns>Why it is none; null: it is one.</returns>
    public static string? TryRead(ReadOnlySpan<byte> core, out CoreText text)
    {
        text = default;
        try
        {
            return Walk(core, ref text);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return "no JSON";
        }
    }

    /// <summary>The ranges of records that an erasure erased.</summary>
    /// <returns>Whether it says so in a form that we know.</returns>
    public static bool TryErased(ReadOnlySpan<byte> core, IndexRanges erased)
    {
        var root = JsonElement.Parse(core);
        if (!root.TryGetProperty("erased", out var ranges)) return true; // a refusal, or nothing was found
        if (ranges.ValueKind == JsonValueKind.String)
        {
            try
            {
                ranges = JsonElement.Parse(ranges.GetString()!);
            }
            catch (JsonException)
            {
                return false;
            }
        }
        if (ranges.ValueKind != JsonValueKind.Array) return false;
        foreach (var range in ranges.EnumerateArray())
        {
            if (range.ValueKind != JsonValueKind.Array || range.GetArrayLength() != 2
                || !TryIndex(range[0], out var from) || !TryIndex(range[1], out var to)) return false;
            erased.Add(from, to);
        }
        return true;
    }

    /// <summary>Whether a detail is what a core commits to.</summary>
    public static bool IsCommitted(ReadOnlySpan<byte> commitment, ReadOnlySpan<byte> detail)
    {
        Span<byte> computed = stackalloc byte[TreeHash.Size];
        Span<byte> text = stackalloc byte[44];
        Sha256.Hash(detail, computed);
        return Base64Url.EncodeToUtf8(computed, text) is var length && commitment.SequenceEqual(text[..length]);
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
        ReadOnlySpan<byte> last = default;
        for (var isFirst = true; reader.Read(); isFirst = false)
        {
            if (isFirst && reader.TokenType != JsonTokenType.StartObject) return "no object";
            var gap = reader.TokenStartIndex - end;
            if (gap > 1 || (gap == 1 && core[(int)end] != ',')) return "white space";
            end = reader.BytesConsumed;
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            // A reader has read the colon with the name.
            if (core[(int)end - 1] != ':' || core[(int)end - 2] != '"') return "white space";
            if (reader.CurrentDepth != 1) continue;
            var name = reader.ValueSpan;
            if (reader.ValueIsEscaped || (!last.IsEmpty && last.SequenceCompareTo(name) >= 0))
                return "members out of their order";
            last = name;
            text.Take(core, ref reader, name);
        }
        return end == core.Length ? null : "white space";
    }

    // Looks at the value without moving the reader.
    private void Take(ReadOnlySpan<byte> core, ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        var rest = core[(int)reader.BytesConsumed..];
        if (name.SequenceEqual("detail_hash"u8) && rest is [(byte)'"', ..]
            && rest[1..].IndexOf((byte)'"') is > 0 and var to)
            DetailHash = rest.Slice(1, to);
        else if (name.SequenceEqual("kind"u8))
            IsErasure = rest.StartsWith("\"audit.erase\""u8);
    }
}
