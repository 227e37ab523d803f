namespace Writ.Server.Tests;

/// <summary>The engine that a test runs on.</summary>
public enum Engine
{
    Sqlite,
    Postgres,
}
