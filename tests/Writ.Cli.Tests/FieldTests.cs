namespace Writ.Cli.Tests;

public sealed class FieldTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 1800)]
    [InlineData("8h", 28800)]
    [InlineData("90d", 7776000)]
    public void A_span_is_a_number_and_a_unit(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Field.TryParseSpan(text));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("90")]
    [InlineData("-1h")]
    [InlineData("1.5h")]
    [InlineData(" 1h")]
    [InlineData("99999999999s")]
    public void Anything_else_is_none(string text) => Assert.Null(Field.TryParseSpan(text));
}
