using Writ.Cli.Printing;
using Writ.Rego.Queries;

namespace Writ.Cli.Policies.Reports;

/// <summary>What happened in a run, as far as somebody wants to know: full, notes or fails.</summary>
internal static class TraceText
{
    public static IReadOnlyList<TraceEvent> Filter(IReadOnlyList<TraceEvent> events, string mode) => mode switch
    {
        "notes" => Around(events, TraceKind.Note),
        "fails" => Around(events, TraceKind.Fail),
        _ => events,
    };

    public static string Pretty(IEnumerable<TraceEvent> events) =>
        string.Concat(events.Select(one => SafeText.Of(one.ToString()) + "\n"));

    public static string Json(IEnumerable<TraceEvent> events) => PrettyJson.Array(events.Select(one =>
        PrettyJson.Object(
            ("op", PrettyJson.Text(one.Kind.ToString())),
            ("depth", PrettyJson.Number(one.Depth)),
            ("location", PrettyJson.Object(
                ("file", PrettyJson.Text(one.File)), ("row", PrettyJson.Number(one.Row)))),
            (one.Kind == TraceKind.Note ? "message" : "node", PrettyJson.Text(one.Text)))));

    /// <summary>Events of a kind, and the rules that lie around them.</summary>
    private static List<TraceEvent> Around(IReadOnlyList<TraceEvent> events, TraceKind kind)
    {
        var kept = new List<TraceEvent>();
        var open = new List<TraceEvent>();
        var shown = 0;
        foreach (var one in events)
        {
            if (open.Count > one.Depth)
                open.RemoveRange(one.Depth, open.Count - one.Depth);
            shown = Math.Min(shown, open.Count);
            if (one.Kind == kind)
            {
                kept.AddRange(open.Skip(shown));
                shown = open.Count;
                kept.Add(one);
            }

            if (one.Kind == TraceKind.Enter)
                open.Add(one);
        }

        return kept;
    }
}
