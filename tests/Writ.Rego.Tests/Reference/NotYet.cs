namespace Writ.Rego.Tests.Reference;

/// <summary>A variable is needed that another expression of the body must bind first.</summary>
#pragma warning disable CA1032, CA1710 // Never leaves the evaluator: no failure, but a turn that comes too early.
internal sealed class NotYet(string name) : Exception($"{name} has no value yet");
