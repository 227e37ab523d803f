using System.Text.RegularExpressions;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>Records as CEF, read back as ArcSight reads it.</summary>
public sealed partial class CefEventTests
{
    private const string Hostile = "a=b\\c|d\ne\r]\" cs1=x é\u0000";

    [Fact]
    public void Header_and_keys_are_as_the_format_wants_them()
    {
        var line = SinkRecords.Write(SinkRecords.Form("cef"), SinkRecords.Row(7, more: SinkRecords.Full()));

        var header = Bars().Split(line);
        Assert.Equal("CEF:0", header[0]);
        Assert.Equal(("Writ", "Writ"), (header[1], header[2]));
        Assert.Equal(("token.issue", "Authorize Session: Assign Privileges", "2"), (header[4], header[5], header[6]));
        var keys = Keys(header[7]);
        Assert.Equal(("7", "1763800000123"), (keys["externalId"], keys["rt"]));
        Assert.Equal(("success", "not_entitled"), (keys["outcome"], keys["reason"]));
        Assert.Equal(("task", "task_1"), (keys["cs1Label"], keys["cs1"]));
        Assert.Equal("192.0.2.7", keys["src"]);
        Assert.Equal("1763800900000", keys["deviceCustomDate1"]);
    }

    [Fact]
    public void What_callers_write_stays_within_its_value()
    {
        var more = new { reason = Hostile, task = Hostile, detail = new { because = Hostile }, actor = Hostile };
        var line = SinkRecords.Write(SinkRecords.Form("cef"), SinkRecords.Row(7, "a|b\\c\nd", "deny", more));

        Assert.Equal(1, line.AsSpan().Count("CEF:0"));
        Assert.DoesNotContain('\n', line);
        Assert.DoesNotContain('\r', line);
        Assert.DoesNotContain('\0', line);
        var header = Bars().Split(line, 8);
        Assert.Equal("a\\|b\\\\c\uFFFDd", header[4]);
        var keys = Keys(header[7]);
        var read = Hostile.Replace('\0', '\uFFFD');
        Assert.Equal((read, read, read, read), (keys["reason"], keys["cs1"], keys["msg"], keys["suser"]));
    }

    [Fact]
    public void Value_that_is_too_long_is_cut_in_whole_characters()
    {
        var line = SinkRecords.Write(
            SinkRecords.Form("cef"), SinkRecords.Row(7, more: new { reason = new string('x', 1022) + "😀y" }));

        Assert.Equal(new string('x', 1022), Keys(Bars().Split(line, 8)[7])["reason"]);
    }

    private static Dictionary<string, string> Keys(string extension)
    {
        var found = Key().Matches(extension);
        return found.Select((m, i) => (Key: m.Groups["key"].Value, Value: extension[
            (m.Index + m.Length)..(i + 1 < found.Count ? found[i + 1].Index : extension.Length)]))
            .ToDictionary(k => k.Key, k => Escape().Replace(k.Value, e => e.Value switch
            {
                @"\n" => "\n",
                @"\r" => "\r",
                var other => other[1..],
            }), StringComparer.Ordinal);
    }

    [GeneratedRegex(@"(?<=(?<!\\)(?:\\\\)*)\|", RegexOptions.None, 1000)]
    private static partial Regex Bars();

    [GeneratedRegex(@"(?:^| )(?<key>[A-Za-z0-9]+)=", RegexOptions.None, 1000)]
    private static partial Regex Key();

    [GeneratedRegex(@"\\.", RegexOptions.None, 1000)]
    private static partial Regex Escape();
}
