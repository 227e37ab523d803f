using System.Globalization;
using System.Net;
using System.Text;

namespace Writ.Server.Audit;

/// <summary>
/// A record as a line of ArcSight's Common Event Format, version 0: its known keys, each within its bounds. What CEF
/// has no key for (most of the detail) is not in it.
/// </summary>
internal static class CefEvent
{
    private const int Short = 63;
    private const int Usual = 1023;
    private const int Long = 4000;
    private static readonly string Version = typeof(CefEvent).Assembly.GetName().Version!.ToString(3);

    public static string Of(LogEntry entry, string trustDomain)
    {
        var kind = OcsfKinds.Of(entry.Kind);
        var line = new StringBuilder(512).Append("CEF:0|Writ|Writ|").Append(Version).Append('|');
        Header(line, entry.Kind).Append('|');
        Header(line, $"{kind.ClassName}: {kind.ActivityName}").Append('|');
        line.Append((kind.SeverityOf(entry.IsYes) * 2).ToString(CultureInfo.InvariantCulture)).Append('|');
        Key(line, "rt", Number(entry.AtMilliseconds), Short);
        Key(line, "externalId", Number(entry.Index), 40);
        Key(line, "deviceExternalId", trustDomain, 255);
        Key(line, "cat", kind.ClassName, Usual);
        Key(line, "outcome", entry.IsYes ? "success" : "failure", Short);
        Key(line, "reason", entry.Reason, Usual);
        Key(line, "suser", entry.Actor ?? entry.Detail("claimed"u8), Usual);
        Key(line, "duser", entry.Subject, Usual);
        if (IPAddress.TryParse(entry.Detail("source"u8), out var source)) Key(line, "src", source.ToString(), Short);
        Key(line, "cnt", entry.Detail("count"u8), Short);
        Labelled(line, "cs1", "task", entry.Text("task"u8), Long);
        Labelled(line, "cs2", "decision_id", entry.Text("decision_id"u8), Long);
        Labelled(line, "cs3", "jti", entry.Text("jti"u8), Long);
        Labelled(line, "cs4", "grant", entry.Text("grant"u8), Long);
        Labelled(line, "cs5", "request_id", entry.Text("request_id"u8), Long);
        Labelled(line, "cs6", "policy", entry.Detail("policy"u8), Long);
        if (entry.ExpiresAt is { } end) Labelled(line, "deviceCustomDate1", "expires_at", Number(end), Short);
        Key(line, "msg", entry.Detail("because"u8) ?? entry.Detail("why"u8), Usual);
        line.Length--; // the space behind the last
        return line.ToString();
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static void Labelled(StringBuilder line, string key, string label, string? value, int most)
    {
        if (value is null) return;
        Key(line, key + "Label", label, Usual);
        Key(line, key, value, most);
    }

    /// <summary>In the header a bar and a backslash are escaped; a line it must be.</summary>
    private static StringBuilder Header(StringBuilder line, string text)
    {
        foreach (var c in text)
        {
            if (c is '|' or '\\') line.Append('\\');
            line.Append(LogEntry.IsHidden(c) ? '\uFFFD' : c);
        }
        return line;
    }

    /// <summary>In values an equals sign and a backslash are escaped, and ends of lines written as letters.</summary>
    private static void Key(StringBuilder line, string key, string? value, int most)
    {
        if (value is null) return;
        line.Append(key).Append('=');
        value = value[..LogEntry.Whole(value, most)];
        foreach (var c in value)
        {
            if (c is '=' or '\\') line.Append('\\').Append(c);
            else if (c is '\n') line.Append("\\n");
            else if (c is '\r') line.Append("\\r");
            else line.Append(LogEntry.IsHidden(c) ? '\uFFFD' : c);
        }
        line.Append(' ');
    }
}
