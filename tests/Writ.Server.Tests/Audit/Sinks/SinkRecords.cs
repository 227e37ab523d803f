using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>Records made for sinks, and targets to carry them to.</summary>
internal static class SinkRecords
{
    private static readonly JsonSerializerOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static RecordRow Row(long index, string kind = "token.issue", string outcome = "allow", object? more = null)
    {
        var record = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["at"] = 1_763_800_000_123_456L + index,
            ["kind"] = kind,
            ["outcome"] = outcome,
            ["v"] = 2,
        };
        if (more is not null)
            foreach (var member in JsonSerializer.SerializeToElement(more, Options).EnumerateObject())
                record[member.Name] = member.Value;
        return new RecordRow { Idx = index, Core = JsonSerializer.SerializeToUtf8Bytes(record, Options) };
    }

    /// <summary>Everything that a record may have.</summary>
    public static object Full(string detail = "words") => new
    {
        actor = "spiffe://example.org/agent/billing",
        subject = "spiffe://example.org/user/corp/ann",
        decision_id = "dec_01",
        detail = new
        {
            because = detail,
            why = detail,
            scope = "orders:read orders:write",
            source = "192.0.2.7",
            count = "17",
            second = "1763800000",
            signal = "sig_1",
        },
        expires_at = 1_763_800_900_000_000L,
        grant = "ab12",
        jti = "tok_1",
        reason = "not_entitled",
        request_id = "req_1",
        task = "task_1",
    };

    public static SinkTarget Target(SinkWay way, string to, string form = "writ") => new()
    {
        Name = "siem",
        Way = way,
        To = new Uri(to),
        Form = form,
    };

    public static Form Form(string form, params string[] kinds) =>
        new(Target(SinkWay.File, "file:///nowhere", form) with { Kinds = kinds }, "example.org");

    public static string Write(Form form, RecordRow row, EntrySize size = EntrySize.Whole)
    {
        using var entry = form.Read(row)!;
        return Encoding.UTF8.GetString(form.Write(entry, size));
    }

    public static IReadOnlyList<RecordRow> Rows(long from, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Row(
            from + i, more: new { request_id = (from + i).ToString(CultureInfo.InvariantCulture) }))];
}
