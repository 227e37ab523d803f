namespace Writ.Rego.Tests.Builtins;

/// <summary>Moments (RFC 3339), Go's layouts, calendars and zones.</summary>
public sealed class TimeTests
{
    [Theory]
    [InlineData("time.parse_rfc3339_ns", """["1985-04-12T23:20:50.52Z"]""", "482196050520000000")]
    [InlineData("time.parse_rfc3339_ns", """["1996-12-19T16:39:57-08:00"]""", "851042397000000000")]
    [InlineData("time.parse_rfc3339_ns", """["1996-12-20T00:39:57Z"]""", "851042397000000000")]
    [InlineData("time.parse_rfc3339_ns", """["1990-12-31"]""",
        "!parsing time \"1990-12-31\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"T\"")]
    [InlineData("time.parse_rfc3339_ns", """["2020-02-30T00:00:00Z"]""",
        "!parsing time \"2020-02-30T00:00:00Z\": day out of range")]
    [InlineData("time.parse_ns", """["2006-01-02", "1970-01-02"]""", "86400000000000")]
    [InlineData("time.parse_ns", """["Jan _2, 2006 3:04PM", "Feb  3, 2013 7:54PM"]""", "1359921240000000000")]
    [InlineData("time.parse_ns", """["RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700"]""", "1136239445000000000")]
    [InlineData("time.parse_ns", """["2006", "x"]""",
        "!parsing time \"x\" as \"2006\": cannot parse \"x\" as \"2006\"")]
    [InlineData("time.format", "[0]", "\"1970-01-01T00:00:00Z\"")]
    [InlineData("time.format", """[[1136239445123456789, "America/New_York"]]""",
        "\"2006-01-02T17:04:05.123456789-05:00\"")]
    [InlineData("time.format", """[[1136239445000000000, "UTC", "Mon Jan _2 15:04:05 2006"]]""",
        "\"Mon Jan  2 22:04:05 2006\"")]
    [InlineData("time.format", """[[0, "Nowhere/City"]]""", "!unknown time zone Nowhere/City")]
    [InlineData("time.date", "[1582977600000000000]", "[2020,2,29]")]
    [InlineData("time.date", """[[1582977600000000000, "America/Los_Angeles"]]""", "[2020,2,29]")]
    [InlineData("time.clock", """[[1582977600000000000, "Asia/Kolkata"]]""", "[17,30,0]")]
    [InlineData("time.weekday", "[1582977600000000000]", "\"Saturday\"")]
    [InlineData("time.add_date", "[1582977600000000000, 1, 0, 0]", "1614600000000000000")]
    [InlineData("time.add_date", "[1582977600000000000, 0, 0, -59]", "1577880000000000000")]
    [InlineData("time.diff", "[1582977600000000000, 0]", "[50,1,28,12,0,0]")]
    [InlineData("time.diff", "[0, 1582977600000000000]", "[50,1,28,12,0,0]")]
    [InlineData("time.diff", "[1, 0]", "[0,0,0,0,0,0]")]
    public void Moments_are_read_and_told(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));
}
