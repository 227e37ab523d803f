using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>Records as messages of syslog (RFC 5424), framed (RFC 6587).</summary>
public sealed partial class SyslogMessageTests
{
    [Fact]
    public void Message_is_as_RFC_5424_wants_it()
    {
        var text = Message(SinkRecords.Row(7, "token.issue", "deny", SinkRecords.Full()));

        var m = Parts().Match(text);
        Assert.True(m.Success, text);
        Assert.Equal("108", m.Groups["pri"].Value); // §6.2.1: log audit, warning
        Assert.Equal("2025-11-22T08:26:40.123463Z", m.Groups["at"].Value);
        Assert.Equal("writ - token.issue", m.Groups["names"].Value);
        Assert.Contains(
            "[writ@32473 index=\"7\" log=\"example.org\"", m.Groups["data"].Value, StringComparison.Ordinal);
        Assert.Equal(7, JsonElement.Parse(m.Groups["text"].Value).GetProperty("index").GetInt64());
    }

    /// <summary>§6.3.3.</summary>
    [Fact]
    public void Parameters_are_escaped_and_bounded()
    {
        var text = Message(SinkRecords.Row(7, more: new { actor = "a\"b\\c]d\ne" + new string('x', 300) }));

        var value = Parts().Match(text).Groups["data"].Value;
        Assert.Contains(@" actor=""a\""b\\c\]dex", value, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text);
        Assert.True(value.Length < 700, value);
    }

    /// <summary>§6.4: what is UTF-8 and not ASCII says so.</summary>
    [Theory]
    [InlineData("cef", "plain", false)]
    [InlineData("cef", "schön", true)]
    [InlineData("writ", "schön 😀", false)] // JSON is written in ASCII
    [InlineData("ocsf", "schön 😀", false)]
    public void Byte_order_mark_stands_where_it_must(string form, string words, bool isMarked)
    {
        var text = Message(SinkRecords.Row(7, more: SinkRecords.Full(words)), form);

        Assert.Equal(isMarked, text.Contains('\uFEFF', StringComparison.Ordinal));
        var said = Parts().Match(text).Groups["text"].Value;
        if (form is "writ")
            Assert.Equal(words, JsonElement.Parse(said).GetProperty("record").GetProperty("detail")
                .GetProperty("because").GetString());
    }

    [Theory]
    [InlineData("writ", 2048)]
    [InlineData("writ", 8192)]
    [InlineData("ocsf", 8192)]
    [InlineData("cef", 2048)]
    [InlineData("ocsf", 2048)]
    public void Message_is_never_longer_than_it_may_be(string form, int most)
    {
        foreach (var words in (string[])["x", "schön😀"])
        {
            var row = SinkRecords.Row(
                7, more: SinkRecords.Full(string.Concat(Enumerable.Repeat(words, 10_000))));
            var framed = Framed(row, form, t => t with { MaxBytes = most });

            var space = framed.AsSpan().IndexOf((byte)' ');
            Assert.Equal(framed.Length - space - 1, int.Parse(Encoding.ASCII.GetString(framed[..space]), null));
            Assert.InRange(framed.Length - space - 1, 200, most);
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(framed[(space + 1)..]);
            if (form is not "cef") // whole, with less in it
                JsonElement.Parse(Parts().Match(text).Groups["text"].Value);
        }
    }

    /// <summary>The texts and lists of a core do not make a message that is cut amid JSON.</summary>
    [Theory]
    [InlineData("writ")]
    [InlineData("ocsf")]
    public void Record_of_a_large_core_arrives_as_JSON(string form)
    {
        var more = new
        {
            actor = "spiffe://example.org/agent/" + new string('ü', 2000),
            subject = new string('"', 2000),
            erased = Enumerable.Range(0, 2000).Select(i => new[] { 2 * i, (2 * i) + 1 }),
        };
        var text = Message(SinkRecords.Row(7, "audit.erase", more: more), form);

        var said = JsonElement.Parse(Parts().Match(text).Groups["text"].Value);
        Assert.Contains("audit.erase", said.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("\"truncated\":true", said.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Line_ends_with_a_line_feed_and_has_no_other()
    {
        var framed = Framed(
            SinkRecords.Row(7, more: SinkRecords.Full("a\nb")), "cef", t => t with { IsByLine = true });

        Assert.Equal(framed.Length - 1, framed.AsSpan().IndexOf((byte)'\n'));
        Assert.Equal((byte)'<', framed[0]);
    }

    private static string Message(RecordRow row, string form = "writ")
    {
        var framed = Framed(row, form, t => t);
        return Encoding.UTF8.GetString(framed.AsSpan(framed.AsSpan().IndexOf((byte)' ') + 1));
    }

    private static byte[] Framed(RecordRow row, string form, Func<SinkTarget, SinkTarget> change)
    {
        var target = change(SinkRecords.Target(SinkWay.Syslog, "syslog+tcp://127.0.0.1:1", form));
        var written = new Form(target, "example.org");
        using var entry = written.Read(row)!;
        return new SyslogMessage(target, written).Of(entry);
    }

    [GeneratedRegex(
        @"^<(?<pri>\d+)>1 (?<at>\S+) (?<host>\S+) (?<names>\S+ \S+ \S+) (?<data>(?:\[(?:[^\]\\]|\\.)*\])+) "
        + "(?<text>.*)$", RegexOptions.Singleline, 1000)]
    private static partial Regex Parts();
}
