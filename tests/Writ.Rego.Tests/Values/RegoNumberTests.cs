using System.Numerics;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Values;

public class RegoNumberTests
{
    [Theory]
    [InlineData("1", "1.0")]
    [InlineData("100", "1e2")]
    [InlineData("1.50", "15e-1")]
    [InlineData("0", "-0.000")]
    [InlineData("123456789012345678901234567890", "12345678901234567890123456789.0e1")]
    [InlineData("1e500", "10e499")]
    public void Texts_of_one_number_are_equal_and_hash_alike(string left, string right)
    {
        var (a, b) = (RegoNumber.Parse(left), RegoNumber.Parse(right));
        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.Equal(0, a.CompareTo(b));
    }

    [Theory]
    [InlineData("-2", "-1")]
    [InlineData("9223372036854775807", "9223372036854775808")]
    [InlineData("0.1", "0.10000000000000000000000000000001")]
    [InlineData("-1e1000000", "1e-1000000")]
    [InlineData("9e99", "1e100")]
    public void Order_is_exact(string less, string more)
    {
        Assert.True(RegoNumber.Parse(less) < RegoNumber.Parse(more));
        Assert.True(RegoNumber.Parse(more) > RegoNumber.Parse(less));
        Assert.NotEqual(RegoNumber.Parse(less), RegoNumber.Parse(more));
    }

    [Theory]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("-0")]
    [InlineData("0.10")]
    [InlineData("3.14")]
    [InlineData("18446744073709551616")]
    public void What_was_read_is_printed_as_it_was_written(string text) =>
        Assert.Equal(text, RegoNumber.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("1e")]
    [InlineData("+1")]
    [InlineData("0x1")]
    [InlineData("1e99999999999999999999")]
    [InlineData("NaN")]
    public void What_is_no_number_of_JSON_is_refused(string text) => Assert.False(RegoNumber.TryParse(text, out _));

    [Fact]
    public void A_number_of_hostile_length_is_refused_at_once() =>
        Assert.False(RegoNumber.TryParse(new string('9', 1_000_000), out _));

    [Theory]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("1.25", "2.5", "3.75")]
    [InlineData("1e17", "0.5", "100000000000000000.5")]
    [InlineData("0.00001", "0.00001", "2e-05")]
    public void Fractions_add_with_64_bits(string left, string right, string sum)
    {
        var result = (BigFloat.Of(RegoNumber.Parse(left)) + BigFloat.Of(RegoNumber.Parse(right))).ToNumber();
        Assert.Equal(RegoNumber.Parse(sum), result);
    }

    [Fact]
    public void A_quotient_has_as_many_digits_as_64_bits_need()
    {
        var third = BigFloat.Of(BigInteger.One) / BigFloat.Of(new BigInteger(3));
        Assert.Equal("0.33333333333333333334", third.ToNumber().ToString());
        Assert.Equal("1234567.5", RegoNumber.Parse("1234567.5").ToString());
        Assert.Equal("1.2345675e+06", BigFloat.Of(RegoNumber.Parse("1234567.5")).ToNumber().ToString());
    }

    [Fact]
    public void Integers_of_64_bits_are_known_however_they_are_written()
    {
        Assert.True(RegoNumber.Parse("1e3").TryGetInt64(out var thousand));
        Assert.Equal(1000, thousand);
        Assert.True(RegoNumber.Parse("7.0").TryGetInt64(out _));
        Assert.False(RegoNumber.Parse("7.5").TryGetInt64(out _));
        Assert.False(RegoNumber.Parse("9223372036854775808").TryGetInt64(out _));
    }
}
