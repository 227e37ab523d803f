namespace Writ.Bench.Rego;

/// <summary>How long is measured: each turn lasts so long on either side, and the middle turn counts.</summary>
internal sealed record Pace(TimeSpan Warming, TimeSpan Turn, int Turns, int DocumentMegabytes, string Only)
{
    public static Pace Quick { get; } = new(TimeSpan.FromMilliseconds(400), TimeSpan.FromMilliseconds(60), 3, 20, "");

    public static Pace Full { get; } = new(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(400), 7, 100, "");

    public bool Takes(string name) => name.Contains(Only, StringComparison.Ordinal);
}
