using System.Globalization;

namespace Writ.Rego.Queries;

/// <summary>One thing that happened in a traced run.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Depth">How many rules lie around it.</param>
/// <param name="File">The module's file; empty for the query itself.</param>
/// <param name="Row">The line, from 1; 0 when the place is unknown.</param>
/// <param name="Text">The rule's name, the expression's first line, or the note.</param>
/// <param name="IsRule">Whether it happened to a rule, and not to an expression.</param>
public sealed record TraceEvent(TraceKind Kind, int Depth, string File, int Row, string Text, bool IsRule = false)
{
    /// <summary>Place, depth, kind and text on one line.</summary>
    public override string ToString()
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{(File.Length > 0 ? File : "query")}:{Row}");
        return $"{place,-20} {string.Concat(Enumerable.Repeat("| ", Depth))}{Kind} {Text}";
    }
}
