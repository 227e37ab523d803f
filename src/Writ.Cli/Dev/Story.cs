using Spectre.Console;
using Writ.Cli.Printing;

namespace Writ.Cli.Dev;

/// <summary>Tells what happens, one line for each step.</summary>
internal sealed class Story(TextWriter output, bool isTerminal)
{
    private const int LabelWidth = 11;
    private readonly IAnsiConsole _console = Ink.Console(output, isTerminal);

    public void Title(string text) => Line($"\n[bold]{Markup.Escape(text)}[/]");

    /// <summary>A step that went as it should.</summary>
    /// <param name="label">What kind of step.</param>
    /// <param name="text">What happened.</param>
    /// <param name="aside">What explains it further.</param>
    public void Step(string label, string text, string? aside = null) => Write("green", "✓", label, text, aside);

    /// <summary>A refusal that had to come.</summary>
    public void Refusal(string label, string text, string? aside = null) => Write("yellow", "✗", label, text, aside);

    /// <summary>A step that went wrong.</summary>
    public void Fault(string text) => Write("red", "!", "wrong", text, aside: null);

    public void Plain(string text = "") => Line(Markup.Escape(text));

    /// <summary>A command to type, and what it shows.</summary>
    public void Command(string command, string aside)
    {
        var comment = aside.Length == 0 ? "" : $"   [dim]# {Markup.Escape(aside)}[/]";
        Line($"    [bold]{Markup.Escape(command)}[/]{comment}");
    }

    private void Write(string colour, string mark, string label, string text, string? aside)
    {
        var name = label.PadRight(LabelWidth);
        var more = aside is null ? "" : $"  [dim]{Markup.Escape(aside)}[/]";
        Line($"  [{colour}]{mark}[/] [bold]{Markup.Escape(name)}[/] {Markup.Escape(text)}{more}");
    }

    // Written as one piece and flushed: people watch it happen. Long lines are the terminal's to fold.
    private void Line(string markup)
    {
        _console.Profile.Width = Math.Max(_console.Profile.Width, markup.Length + 1);
        _console.MarkupLine(markup);
        output.Flush();
    }
}
