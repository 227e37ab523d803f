using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>One value of a term, and the bindings under which it has it.</summary>
internal sealed record Answer(RegoValue Value, Bindings Bindings);
