using System.Text.Json.Nodes;
using Writ.Cli.Printing;

namespace Writ.Cli.Tests.Printing;

/// <summary>Whoever sends words to the broker sends no orders to the terminal of whoever watches.</summary>
public sealed class SafeTextTests
{
    // Clear the screen; ring; rewrite the line; C1's CSI and next line; turn the line around; hide.
    private const string Attack = "a\u001b[2Jb\u0007c\rd\u009be\u0085f\u202eg\u2066h\u200bi\u2028j\u007fk\nl";
    private const string Harmless = "a�[2Jb�c�d�e�f�g�h�i�j�k�l";

    [Theory]
    [InlineData(Attack, Harmless)]
    [InlineData("Grüße, 你好, 😀", "Grüße, 你好, 😀")]
    public void Nothing_that_a_terminal_obeys_is_left(string text, string safe)
    {
        Assert.Equal(safe, SafeText.Of(text));
        Assert.Equal(safe, Cell.Of(JsonValue.Create(text)));
        Assert.Equal(safe, Ink.Plain(text).Replace("[[", "[", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Table")]
    [InlineData("Yaml")]
    public void Every_way_of_printing_for_people_is_safe(string format)
    {
        var item = new JsonObject
        {
            [Attack] = Attack,
            ["list"] = new JsonArray(Attack, new JsonObject { [Attack] = Attack }),
            ["details"] = new JsonArray(new JsonObject
            {
                ["actions"] = new JsonArray(Attack),
                ["locations"] = new JsonArray(Attack),
                ["identifier"] = Attack,
            }),
        };
        using var output = new StringWriter();
        var printer = new Printer(output, Enum.Parse<OutputFormat>(format), isTerminal: false);

        printer.List([item], [Column.Of("list"), Column.Name("details", "details")]);
        printer.One(item);
        printer.Done(Attack, item);

        AssertSafe(output.ToString());
    }

    [Fact]
    public void Tree_is_safe()
    {
        var task = new JsonObject
        {
            ["id"] = "t",
            ["agent"] = Attack,
            ["purpose"] = Attack,
            ["status"] = Attack,
            ["end_reason"] = Attack,
            ["workflow"] = Attack,
            ["on_behalf_of"] = Attack,
            ["credentials"] = new JsonArray(new JsonObject { ["jti"] = Attack, ["state"] = Attack }),
        };
        using var output = new StringWriter();

        new Printer(output, OutputFormat.Table, isTerminal: false).Render(TaskTree.Of(task, default));

        AssertSafe(output.ToString());
        Assert.Equal(3, output.ToString().TrimEnd().Split('\n').Length); // no line that the broker did not send
    }

    [Fact]
    public void Programs_get_the_text_as_it_is()
    {
        var item = new JsonObject { ["reason"] = Attack };
        using var output = new StringWriter();

        new Printer(output, OutputFormat.Json, isTerminal: false).One(item);

        Assert.True(JsonNode.DeepEquals(item, JsonNode.Parse(output.ToString())));
    }

    private static void AssertSafe(string text) =>
        Assert.All(text.Split('\n'), line => Assert.Equal(SafeText.Of(line), line));
}
