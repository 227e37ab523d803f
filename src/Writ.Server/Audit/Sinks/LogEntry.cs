using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>A record on its way out, read once; to be disposed.</summary>
internal sealed class LogEntry : IDisposable
{
    private const int MaxBare = 256;
    private const long MaxAt = 4_000_000_000_000_000; // the year 2096; nanoseconds of it fit 64 bits
    private readonly RecordRow _row;
    private readonly JsonDocument _document;

    /// <summary>Reads it. One that cannot be read is carried as a stub: it must not keep those behind it.</summary>
    public LogEntry(RecordRow row)
    {
        _row = row;
        try
        {
            if (!Utf8.IsValid(row.Body)) throw new JsonException("It is no text.");
            _document = JsonDocument.Parse(row.Body);
            if (HasPairs(row.Body)) ReadAll(Root);
            Kind = StrictJson.TextOf(Root, "kind"u8) ?? "";
            At = Root.TryGetProperty("at"u8, out var at) && at.ValueKind == JsonValueKind.Number
                && at.TryGetInt64(out var micros) && micros is >= 0 and < MaxAt
                ? micros
                : 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            _document?.Dispose();
            _document = JsonDocument.Parse("{}");
            IsUnreadable = true;
        }
        IsYes = Text("outcome"u8) is "allow";
    }

    public long Index => _row.Idx;

    public byte[] Body => _row.Body;

    /// <summary>Its detail is gone: who and what for is not told any more.</summary>
    public bool IsErased => _row.IsErased;

    public bool IsUnreadable { get; }

    public string Kind { get; } = "";

    /// <summary>Microseconds.</summary>
    public long At { get; }

    public long AtMilliseconds => At / 1000;

    /// <summary>When what was issued ends, milliseconds.</summary>
    public long? ExpiresAt =>
        Root.TryGetProperty("expires_at"u8, out var end) && end.ValueKind == JsonValueKind.Number
            && end.TryGetInt64(out var micros) ? micros / 1000 : null;

    public bool IsYes { get; }

    public string? Actor => Text("actor"u8);

    public string? Subject => Text("subject"u8);

    public string? Reason => Text("reason"u8);

    /// <summary>How much of it is told.</summary>
    public EntrySize Size { get => IsUnreadable ? EntrySize.Stub : field; set; }

    public JsonElement Root => _document.RootElement;

    /// <summary>By which a stub can be held against the log.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(_row.Core));

    /// <summary>What belongs together: of a task, else of a decision, else of a request.</summary>
    public string? Correlation => Text("task"u8) ?? Text("decision_id"u8) ?? Text("request_id"u8);

    public string? Text(ReadOnlySpan<byte> name) => Fit(StrictJson.TextOf(Root, name));

    /// <summary>A text of its detail; a stub has none.</summary>
    public string? Detail(ReadOnlySpan<byte> name) =>
        Size is not EntrySize.Stub && Root.TryGetProperty("detail"u8, out var detail)
            && detail.ValueKind == JsonValueKind.Object
                ? Fit(StrictJson.TextOf(detail, name))
                : null;

    /// <summary>The text as this size has it: in a stub only what nobody can object to.</summary>
    public string? Fit(string? text) => Size switch
    {
        EntrySize.Whole => text,
        EntrySize.Bare => text?.Length > MaxBare ? text[..Whole(text, MaxBare)] + "…" : text,
        _ => text is { Length: <= MaxBare / 2 } && text.All(IsPlain) ? text : null,
    };

    /// <summary>How much of a text is whole characters, up to a number.</summary>
    public static int Whole(string text, int most) =>
        text.Length <= most ? text.Length : char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;

    /// <summary>Whether it moves the cursor, hides, or turns what stands around it; not for a console.</summary>
    public static bool IsHidden(char c) => char.IsControl(c) || char.GetUnicodeCategory(c)
        is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    public void Dispose() => _document.Dispose();

    /// <summary>Whether halves of a pair stand there as escapes, which may stand there alone.</summary>
    private static bool HasPairs(ReadOnlySpan<byte> body) =>
        body.IndexOf("\\ud"u8) >= 0 || body.IndexOf("\\uD"u8) >= 0;

    /// <summary>Throws where a text cannot be read.</summary>
    private static void ReadAll(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String) _ = value.GetString();
        if (value.ValueKind == JsonValueKind.Array)
            foreach (var item in value.EnumerateArray()) ReadAll(item);
        if (value.ValueKind == JsonValueKind.Object)
            foreach (var member in value.EnumerateObject())
            {
                _ = member.Name;
                ReadAll(member.Value);
            }
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ':' or '/' or '@';
}

/// <summary>How much of a record is told.</summary>
internal enum EntrySize
{
    Whole,
    /// <summary>Without its detail, and with texts that are cut: for those to whom it is too large.</summary>
    Bare,
    /// <summary>That there is such a record, and its digest: for those who take nothing else of it.</summary>
    Stub,
}
