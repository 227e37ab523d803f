using Writ.Rego.Syntax;

namespace Writ.Rego.Compile;

/// <summary>Collects what is wrong, so that one compilation tells of several mistakes.</summary>
internal sealed class Diagnostics
{
    private const int Most = 10;

    private readonly List<RegoDiagnostic> _found = [];

    public bool Any => _found.Count > 0;

    public void Add(Span span, string code, string message)
    {
        var diagnostic = span.Diagnose(code, message);
        if (_found.Contains(diagnostic))
            return;
        _found.Add(diagnostic);
        if (_found.Count >= Most)
            ThrowIfAny();
    }

    public void Add(RegoError error) => _found.AddRange(error.Diagnostics);

    public void ThrowIfAny()
    {
        if (_found.Count > 0)
            throw new RegoError([.. _found]);
    }
}
