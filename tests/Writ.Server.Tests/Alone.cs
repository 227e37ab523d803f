namespace Writ.Server.Tests;

/// <summary>Tests that take the whole machine, or the thread pool of all, for themselves: run when nothing else does.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
