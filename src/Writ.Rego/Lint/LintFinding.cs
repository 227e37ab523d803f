namespace Writ.Rego.Lint;

/// <summary>Something in a policy that is better otherwise.</summary>
/// <param name="Rule">The rule's name, which is the same for ever: <c>unused-import</c>.</param>
/// <param name="Category">What kind of rule it is: bugs, idiomatic, imports, style or testing.</param>
/// <param name="Mend">What to do, in one sentence.</param>
/// <param name="File">The module's file.</param>
/// <param name="Row">The line, from 1.</param>
/// <param name="Column">The character in the line, from 1.</param>
/// <param name="Line">The source line itself.</param>
public sealed record LintFinding(
    string Rule, string Category, string Mend, string File, int Row, int Column, string Line);
