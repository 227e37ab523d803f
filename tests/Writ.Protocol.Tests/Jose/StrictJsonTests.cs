using System.Text;

namespace Writ.Protocol.Tests;

// RFC 8259 §4 and §8; RFC 7493 (I-JSON) §2; RFC 7515 §4 (duplicate header names)
public sealed class StrictJsonTests
{
    [Theory]
    [InlineData("""{"a":1,"b":{"a":2}}""")]
    [InlineData("""  {"a":[1,2,{"x":null}]}  """)]
    [InlineData("\"\\ud83d\\ude00 \\u00e9 \\\\u0000 \\\\ud800\"")]
    [InlineData("\"\\n\\t\\\"\\/\"")]
    [InlineData("[]")]
    [InlineData("-0.5e+3")]
    public void Plain_json_is_read(string json) => Assert.True(StrictJson.TryParse(json, 16, out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("""{"a":1,"a":1}""")]
    [InlineData("""{"a":1,"\u0061":1}""")]
    [InlineData("""{"x":{"y":[{"a":1,"b":2,"a":3}]}}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""[1,]""")]
    [InlineData("""{"a":1} x""")]
    [InlineData("""{"a":1}{"a":1}""")]
    [InlineData("""/* c */ {"a":1}""")]
    [InlineData("""{"a":1} // c""")]
    [InlineData("""{'a':1}""")]
    [InlineData("""{a:1}""")]
    [InlineData("""{"a":01}""")]
    [InlineData("""{"a":+1}""")]
    [InlineData("""{"a":.5}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{"a":Infinity}""")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00\"")]
    [InlineData("\"\\ud800x\"")]
    [InlineData("\"\\ud800\\u0041\"")]
    [InlineData("\"\\ud800\\ud800\\udc00\"")]
    [InlineData("\"\\uD83D\\\\uDE00\"")]
    [InlineData("{\"\\udfff\":1}")]
    [InlineData("\"\\u0000\"")]
    [InlineData("\"\\u00\"")]
    [InlineData("\"\\x41\"")]
    [InlineData("\"\\")]
    [InlineData("\"\\u")]
    [InlineData("\"a\u0001b\"")]
    [InlineData("\"a\0b\"")]
    [InlineData("\ufeff{}")]
    public void What_could_be_read_in_two_ways_is_refused(string json) =>
        Assert.False(StrictJson.TryParse(json, 16, out _, out _));

    [Fact]
    public void Invalid_utf8_is_refused()
    {
        byte[][] spoilt = [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3]];
        foreach (var bad in spoilt)
        {
            byte[] json = [.. "\"a"u8, .. bad, .. "\""u8];
            Assert.False(StrictJson.TryParse(json, 16, out _, out _));
        }

        Assert.False(StrictJson.TryParse("\"\ud800\"", 16, out _, out _));
    }

    [Fact]
    public void The_depth_is_bounded()
    {
        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.True(StrictJson.TryParse(Nested(16), 16, out _, out _));
        Assert.False(StrictJson.TryParse(Nested(17), 16, out _, out _));
        Assert.False(StrictJson.TryParse(Nested(1_000_000), 16, out _, out _));
    }

    [Fact]
    public void Every_escape_of_a_code_unit_is_judged_as_utf16_judges_it()
    {
        for (var unit = 1; unit <= 0xFFFF; unit++)
        {
            var json = Encoding.ASCII.GetBytes($"\"\\u{unit:x4}\"");
            Assert.Equal(!char.IsSurrogate((char)unit), StrictJson.TryParse(json, 16, out _, out _));
        }
    }
}
