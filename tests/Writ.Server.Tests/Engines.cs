namespace Writ.Server.Tests;

/// <summary>Theory data: the server's suite runs on both engines.</summary>
public static class Engines
{
    public static TheoryData<Engine> All => [Engine.Sqlite, Engine.Postgres];
}
