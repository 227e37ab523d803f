namespace Writ.Server.Tests;

/// <summary>How the next write shall go wrong.</summary>
public enum Fault
{
    None,

    /// <summary>The store says no, and nothing was written.</summary>
    NotPersisted,

    /// <summary>The store says no (the connection broke after the commit), but all was written.</summary>
    Persisted,
}
