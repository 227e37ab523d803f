using Writ.Rego.Syntax;

namespace Writ.Rego.Tests.Syntax;

public sealed class SpanTests
{
    private static readonly SourceText Source = new("a.rego", "package a\n\n\tp := x\r\nq := 1");

    [Theory]
    [InlineData(0, "a.rego:1:1: c: m\n\tpackage a\n\t^")]
    [InlineData(17, "a.rego:3:7: c: m\n\t\tp := x\n\t\t     ^")]
    [InlineData(20, "a.rego:4:1: c: m\n\tq := 1\n\t^")]
    [InlineData(26, "a.rego:4:7: c: m\n\tq := 1\n\t      ^")]
    public void Error_names_the_place_and_shows_it(int offset, string words) =>
        Assert.Equal(words, new Span(Source, offset, offset + 1).Error("c", "m").Message);

    [Fact]
    public void Error_without_a_place_names_none() => Assert.Equal("c: m", default(Span).Error("c", "m").Message);
}
