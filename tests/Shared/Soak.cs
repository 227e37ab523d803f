namespace Writ.Testing;

/// <summary>
/// Tests marked <c>[Trait("Soak", "crash")]</c> run in their short form by <c>./test</c> and in their long one by
/// <c>./soak crash</c>: the same test, more rounds.
/// </summary>
public static class Soak
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("WRIT_SOAK") is "1";

    /// <summary>A figure that <c>./soak NAME</c> prints at its end; nothing is asserted of it.</summary>
    public static void Figure(string line)
    {
        if (Environment.GetEnvironmentVariable("WRIT_SOAK_FIGURES") is { Length: > 0 } file)
            File.AppendAllText(file, line + "\n");
    }

    public static int Rounds(int inTest, int inSoak) => IsLong ? inSoak : inTest;
}
