namespace Writ.Bench;

/// <summary>One number that has no reference in the run.</summary>
internal sealed record Figure(string Bench, string Case, double Value, string Unit);
