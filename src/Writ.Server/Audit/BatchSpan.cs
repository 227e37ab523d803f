using System.Diagnostics;

namespace Writ.Server.Audit;

/// <summary>
/// The span of one durable write. It belongs to all whose records it writes and to none of them: a trace of its own,
/// linked from each record's span and to it (OpenTelemetry's way to say "caused by many").
/// </summary>
internal static class BatchSpan
{
    private const int MostLinks = 128;

    /// <summary>Begins it; null: nobody in the batch is traced.</summary>
    public static Activity? Start(IEnumerable<Activity?> records)
    {
        List<Activity>? traced = null;
        foreach (var record in records)
            if (record is not null) (traced ??= []).Add(record);
        if (traced is null) return null;
        var links = traced.Take(MostLinks).Select(r => new ActivityLink(r.Context));
        var source = traced[0].Source;
        var span = source.StartActivity("append batch", ActivityKind.Internal, default(ActivityContext), null, links);
        if (span is null) return null;
        span.SetTag("writ.batch.traced", traced.Count);
        foreach (var record in traced) // theirs to wait, until we answer
        {
            record.AddEvent(new ActivityEvent("taken"));
            record.AddLink(new ActivityLink(span.Context));
        }
        return span;
    }
}
