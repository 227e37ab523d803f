using System.Runtime.InteropServices;

namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>One step of a program.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Next">The step after it; of a fork, the one that is tried first.</param>
/// <param name="Argument">Of a fork the other step; the number of a class, of a slot, or a <see cref="TextPlace"/>.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PatternStep(StepKind Kind, int Next, int Argument);
