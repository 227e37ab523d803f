using System.Globalization;

namespace Writ.Rego;

/// <summary>One thing that is wrong with a policy, a query or its evaluation, and where.</summary>
/// <param name="Code">OPA's code: <c>rego_parse_error</c>, <c>eval_conflict_error</c>…</param>
/// <param name="Message">What is wrong and what to do, near OPA's wording.</param>
/// <param name="File">The module's file name as it was given; empty when the place is unknown.</param>
/// <param name="Row">The line, from 1; 0 when the place is unknown.</param>
/// <param name="Column">The character in the line, from 1; 0 when the place is unknown.</param>
/// <param name="Line">The source line itself.</param>
public sealed record RegoDiagnostic(string Code, string Message, string File, int Row, int Column, string Line)
{
    /// <summary>
    /// <c>file:row:column: code: message</c>, then the source line and a caret below the column; less where less is
    /// known.
    /// </summary>
    public override string ToString()
    {
        if (Row == 0)
            return File.Length == 0 ? $"{Code}: {Message}" : $"{File}: {Code}: {Message}";
        var place = string.Create(CultureInfo.InvariantCulture, $"{File}:{Row}:{Column}");
        var pad = string.Concat(Line.Take(Column - 1).Select(c => c == '\t' ? '\t' : ' '));
        return $"{place.TrimStart(':')}: {Code}: {Message}\n\t{Line}\n\t{pad}^";
    }
}
