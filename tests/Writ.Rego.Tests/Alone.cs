namespace Writ.Rego.Tests;

/// <summary>Tests that measure memory, which all threads share: run when nothing else does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
