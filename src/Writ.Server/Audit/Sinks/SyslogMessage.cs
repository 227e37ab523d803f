using System.Globalization;
using System.Net;
using System.Text;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>A record as a message of syslog (RFC 5424), in its frame (RFC 6587 §3.4).</summary>
internal sealed class SyslogMessage(SinkTarget target, Form form)
{
    private const int LogAudit = 13; // facility, §6.2.1
    private const int MaxValue = 256;
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];
    private static readonly string Version = typeof(SyslogMessage).Assembly.GetName().Version!.ToString(3);
    private readonly string _host = Printable(Dns.GetHostName(), 255);

    /// <summary>The message with its frame; never longer than the target's bound, which the frame is not part of.
    /// </summary>
    public byte[] Of(LogEntry entry)
    {
        var (header, text) = Whole(entry);
        using var framed = new MemoryStream(header.Length + text.Length + 8);
        if (!target.IsByLine)
        {
            var length = (header.Length + text.Length).ToString(CultureInfo.InvariantCulture);
            framed.Write(Encoding.ASCII.GetBytes(length + " "));
        }
        framed.Write(header);
        framed.Write(text);
        if (target.IsByLine) framed.WriteByte((byte)'\n'); // no part has one of its own
        return framed.ToArray();
    }

    /// <summary>The most of it that fits, and never a part of a text: half of a JSON is none. A stub fits always.
    /// </summary>
    private (byte[] Header, byte[] Text) Whole(LogEntry entry)
    {
        var full = Encoding.UTF8.GetBytes(Header(entry, isBare: false));
        foreach (var size in (EntrySize[])[EntrySize.Whole, EntrySize.Bare])
            if (Text(entry, size) is var text && full.Length + text.Length <= target.MaxBytes) return (full, text);
        var stub = Text(entry, EntrySize.Stub);
        return full.Length + stub.Length <= target.MaxBytes
            ? (full, stub)
            : (Encoding.UTF8.GetBytes(Header(entry, isBare: true)), stub);
    }

    /// <summary>MSG (§6.4). JSON is written in ASCII; what else is not ASCII begins with its mark.</summary>
    private byte[] Text(LogEntry entry, EntrySize size)
    {
        var text = form.Write(entry, size);
        if (form.IsJson) return Form.ToAscii(text);
        return Ascii.IsValid(text) ? text : [.. ByteOrderMark, .. text];
    }

    /// <summary>Everything before MSG, with the space behind it (§6).</summary>
    private string Header(LogEntry entry, bool isBare)
    {
        var text = new StringBuilder(512);
        var priority = (LogAudit * 8) + Severity(entry);
        var at = Instant.FromMicros(entry.At).UtcDateTime
            .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $"<{priority}>1 {at} {_host} writ - {Printable(entry.Kind, 32)} ");
        text.Append(CultureInfo.InvariantCulture, $"[origin software=\"Writ\" swVersion=\"{Version}\"]");
        text.Append(CultureInfo.InvariantCulture, $"[writ@{target.Enterprise} index=\"{entry.Index}\"");
        if (isBare) return text.Append("] ").ToString();
        Parameter(text, "log", form.TrustDomain);
        Parameter(text, "kind", entry.Kind);
        Parameter(text, "outcome", entry.IsYes ? "allow" : "deny");
        Parameter(text, "reason", entry.Reason);
        Parameter(text, "actor", entry.Actor);
        Parameter(text, "subject", entry.Subject);
        Parameter(text, "task", entry.Text("task"u8));
        Parameter(text, "decision", entry.Text("decision_id"u8));
        Parameter(text, "jti", entry.Text("jti"u8));
        return text.Append("] ").ToString();
    }

    /// <summary>As in OCSF, from informational to error.</summary>
    private static int Severity(LogEntry entry) => OcsfKinds.Of(entry.Kind).SeverityOf(entry.IsYes) switch
    {
        <= 1 => 6,
        2 => 5,
        3 => 4,
        _ => 3,
    };

    /// <summary>PARAM-VALUE (§6.3.3): a quote, a backslash and a bracket are escaped; what cannot be seen is left out,
    /// and what is long cut, so that the header stays within 4 KiB.</summary>
    private static void Parameter(StringBuilder text, string name, string? value)
    {
        if (value is null) return;
        value = value[..LogEntry.Whole(value, MaxValue)];
        text.Append(' ').Append(name).Append("=\"");
        foreach (var c in value)
        {
            if (LogEntry.IsHidden(c)) continue;
            if (c is '"' or '\\' or ']') text.Append('\\');
            text.Append(c);
        }
        text.Append('"');
    }

    private static string Printable(string text, int most)
    {
        var kept = string.Concat(text.Where(c => c is > ' ' and <= '~').Take(most));
        return kept.Length == 0 ? "-" : kept;
    }
}
