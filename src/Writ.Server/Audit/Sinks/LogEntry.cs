using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>A record on its way out, read once; to be disposed.</summary>
internal sealed class LogEntry : IDisposable
{
    private const int MaxBare = 256;
    private readonly JsonDocument _document;

    public LogEntry(RecordRow row)
    {
        Index = row.Idx;
        Body = row.Body;
        IsErased = row.IsErased;
        _document = JsonDocument.Parse(row.Body);
        Kind = Text("kind"u8) ?? "";
        At = Root.GetProperty("at"u8).GetInt64();
        IsYes = Text("outcome"u8) is "allow";
        Actor = Text("actor"u8);
        Subject = Text("subject"u8);
        Reason = Text("reason"u8);
    }

    public long Index { get; }
    public byte[] Body { get; }
    /// <summary>Its detail is gone: who and what for is not told any more.</summary>
    public bool IsErased { get; }
    public string Kind { get; }
    /// <summary>Microseconds.</summary>
    public long At { get; }
    public long AtMilliseconds => At / 1000;
    public bool IsYes { get; }
    public string? Actor { get; }
    public string? Subject { get; }
    public string? Reason { get; }
    /// <summary>Without what may be large: texts of the detail are cut.</summary>
    public bool IsBare { get; set; }

    public JsonElement Root => _document.RootElement;

    /// <summary>What belongs together: of a task, else of a decision, else of a request.</summary>
    public string? Correlation => Text("task"u8) ?? Text("decision_id"u8) ?? Text("request_id"u8);

    public string? Text(ReadOnlySpan<byte> name) => StrictJson.TextOf(Root, name);

    public string? Detail(ReadOnlySpan<byte> name)
    {
        if (!Root.TryGetProperty("detail"u8, out var detail) || detail.ValueKind != JsonValueKind.Object) return null;
        var text = StrictJson.TextOf(detail, name);
        return IsBare && text?.Length > MaxBare ? text[..MaxBare] + "…" : text;
    }

    public void Dispose() => _document.Dispose();
}
