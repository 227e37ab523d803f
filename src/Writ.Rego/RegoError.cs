namespace Writ.Rego;

/// <summary>
/// The only exception that a policy can cause: it does not parse, does not compile, or its evaluation failed
/// (a conflict, a limit, a strict built-in error).
/// </summary>
#pragma warning disable CA1710, MA0058 // The field's word for it; what an embedder catches reads as OPA's documents do.
public sealed class RegoError : Exception
{
    /// <summary>Makes an error of one diagnostic.</summary>
    public RegoError(RegoDiagnostic diagnostic)
        : this([diagnostic])
    {
    }

    /// <summary>Makes an error of all that was found wrong; at least one.</summary>
    public RegoError(IReadOnlyList<RegoDiagnostic> diagnostics)
        : base(Words(diagnostics)) => Diagnostics = diagnostics;

    /// <summary>Makes an error of one diagnostic that another exception caused.</summary>
    public RegoError(RegoDiagnostic diagnostic, Exception cause)
        : base(Words([diagnostic]), cause) => Diagnostics = [diagnostic];

    /// <summary>What is wrong, in the order in which it was found.</summary>
    public IReadOnlyList<RegoDiagnostic> Diagnostics { get; }

    /// <summary>The code of the first diagnostic.</summary>
    public string Code => Diagnostics[0].Code;

    private static string Words(IReadOnlyList<RegoDiagnostic> diagnostics) => diagnostics is [var one]
        ? one.ToString()
        : $"{diagnostics.Count} errors occurred:\n{string.Join('\n', diagnostics)}";
}
