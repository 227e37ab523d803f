namespace Writ.Server.Tests.Traces;

/// <summary>A span as the collector got it (opentelemetry/proto/trace/v1/trace.proto).</summary>
internal sealed record SentSpan(
    string Trace, string Id, string Parent, string Name, int Kind, IReadOnlyDictionary<string, string> Tags,
    IReadOnlyList<string> Links, int Status, ulong Start, ulong End)
{
    public const int Internal = 1;
    public const int Server = 2;
    public const int Client = 3;
    public const int Error = 2;

    /// <summary>A tag; null: it has none.</summary>
    public string? this[string tag] => Tags.GetValueOrDefault(tag);

    /// <summary>The spans of an ExportTraceServiceRequest.</summary>
    public static IEnumerable<SentSpan> Read(byte[] request) =>
        from resource in new ProtoMessage(request).Messages(1)
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select Of(span);

    private static SentSpan Of(ProtoMessage span) => new(
        span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), (int)span.Number(6),
        span.Messages(9).ToDictionary(t => t.Text(1), t => ValueOf(t.Message(2)), StringComparer.Ordinal),
        [.. span.Messages(13).Select(link => link.Hex(2))], (int)span.Message(15).Number(3), span.Number(7),
        span.Number(8));

    private static string ValueOf(ProtoMessage value) =>
        value.Has(1) ? value.Text(1) : $"{(long)value.Number(value.Has(2) ? 2 : 3)}";
}
