using System.Text.Json.Nodes;

namespace Writ.Cli.Printing;

/// <summary>One column of a table of items.</summary>
/// <param name="Title">Its head.</param>
/// <param name="Text">What it shows of an item.</param>
internal sealed record Column(string Title, Func<JsonNode, string> Text)
{
    /// <summary>Shows one member, named as in the API.</summary>
    public static Column Of(string member, string? title = null) =>
        new(title ?? member.Replace('_', ' '), item => Cell.Of((item as JsonObject)?[member]));

    /// <summary>Shows a SPIFFE id without its trust domain.</summary>
    public static Column Name(string member, string title) =>
        new(title, item => Cell.Short(Cell.Of((item as JsonObject)?[member])));
}
