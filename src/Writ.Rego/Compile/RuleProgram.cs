using Writ.Rego.Syntax;

namespace Writ.Rego.Compile;

/// <summary>One rule in its execution form: its body, then those of each <c>else</c>.</summary>
internal sealed record RuleProgram(RuleBody[] Bodies, string Name, Span Span);
