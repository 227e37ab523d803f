using System.Collections.Frozen;
using Spectre.Console;

namespace Writ.Cli.Printing;

/// <summary>Makes consoles for tables and trees, and says which words have a colour.</summary>
internal static class Ink
{
    private const int Unbounded = 100_000;

    private static readonly FrozenDictionary<string, string> Colours =
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["active"] = "green",
            ["open"] = "green",
            ["allow"] = "green",
            ["ok"] = "green",
            ["suspended"] = "yellow",
            ["expired"] = "grey",
            ["cancelled"] = "grey",
            ["completed"] = "grey",
            ["closed"] = "grey",
            ["revoked"] = "red",
            ["decommissioned"] = "red",
            ["deny"] = "red",
            ["high"] = "red",
            ["medium"] = "yellow",
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A console: coloured and as wide as the window for people, plain and unbounded for pipes.</summary>
    public static IAnsiConsole Console(TextWriter writer, bool isTerminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = Unbounded;
        return console;
    }

    /// <summary>Text as markup: escaped, and coloured when it is a state.</summary>
    public static string Markup(string text) =>
        Colours.TryGetValue(text, out var colour) ? $"[{colour}]{text}[/]" : Plain(text);

    /// <summary>Text of others as markup: neither Spectre nor the terminal finds an order in it.</summary>
    public static string Plain(string text) => Spectre.Console.Markup.Escape(SafeText.Of(text));
}
