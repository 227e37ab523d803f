namespace Writ.Bench;

/// <summary>What a measured line is told in.</summary>
internal enum Unit
{
    /// <summary>A rate, held against the reference's rate.</summary>
    PerSecond,

    /// <summary>The time of one, held against the reference's time.</summary>
    Microseconds,
}
