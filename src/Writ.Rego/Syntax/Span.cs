using System.Runtime.InteropServices;

namespace Writ.Rego.Syntax;

/// <summary>A stretch of a source text; the default value is nowhere (a term that the compiler made).</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Span(SourceText? Source, int Start, int End)
{
    public int Row => Source?.Locate(Start).Row ?? 0;

    /// <summary>The row of its last character.</summary>
    public int EndRow => Source?.Locate(Math.Max(End - 1, Start)).Row ?? 0;

    public string Text => Source?.Text[Start..Math.Min(End, Source.Text.Length)] ?? "";

    public Span To(Span last) => this with { End = Math.Max(End, last.End) };

    public RegoDiagnostic Diagnose(string code, string message)
    {
        if (Source is null)
            return new RegoDiagnostic(code, message, "", 0, 0, "");
        var start = Math.Min(Start, Source.Text.Length);
        var (row, column) = Source.Locate(start);
        return new RegoDiagnostic(code, message, Source.File, row, column, Source.LineAt(start));
    }

    public RegoError Error(string code, string message) => new(Diagnose(code, message));
}
