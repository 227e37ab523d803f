using System.Text.Json;

namespace Writ.Protocol.Tests;

// RFC 7519 §2
public sealed class NumericDateTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1516239022", 1516239022)]
    [InlineData("1516239022.0", 1516239022)]
    [InlineData("1.516239022e9", 1516239022)]
    [InlineData("253402300799", 253402300799)]
    public void Seconds_are_read(string json, long seconds)
    {
        Assert.True(NumericDate.TryRead(JsonElement.Parse(json), out var date));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(seconds), date);
    }

    [Fact]
    public void A_fraction_is_cut_and_never_rounded_up()
    {
        Assert.True(NumericDate.TryRead(JsonElement.Parse("10.99999999999"), out var date));
        Assert.True(date < DateTimeOffset.FromUnixTimeSeconds(11));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(10).AddTicks(9_999_999), date);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("-0.5")]
    [InlineData("-1e400")]
    [InlineData("253402300800")]
    [InlineData("253402300799.5")]
    [InlineData("9223372036854775807")]
    [InlineData("9223372036854775808")]
    [InlineData("18446744073709551616")]
    [InlineData("1e30")]
    [InlineData("1e400")]
    [InlineData("1e99999999999")]
    [InlineData("\"1516239022\"")]
    [InlineData("\"NaN\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("[1]")]
    [InlineData("{}")]
    public void Anything_else_is_no_date(string json) =>
        Assert.False(NumericDate.TryRead(JsonElement.Parse(json), out _));

    [Fact]
    public void An_optional_date_may_be_absent_but_not_wrong()
    {
        var json = JsonElement.Parse("""{"iat":1,"exp":"1"}""");
        Assert.True(NumericDate.TryReadOptional(json, "nbf"u8, out var absent));
        Assert.Null(absent);
        Assert.True(NumericDate.TryReadOptional(json, "iat"u8, out var there));
        Assert.NotNull(there);
        Assert.False(NumericDate.TryReadOptional(json, "exp"u8, out _));
        Assert.False(NumericDate.TryRead(json, "nbf"u8, out _));
    }
}
