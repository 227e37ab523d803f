namespace Writ.Testing;

/// <summary>
/// Tests marked <c>[Trait("Soak", "crash")]</c> run in their short form by <c>./test</c> and in their long one by
/// <c>./soak crash</c>: the same test, more rounds.
/// </summary>
public static class Soak
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("WRIT_SOAK") is "1";

    public static int Rounds(int inTest, int inSoak) => IsLong ? inSoak : inTest;
}
