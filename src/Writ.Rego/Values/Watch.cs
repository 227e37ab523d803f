namespace Writ.Rego.Values;

/// <summary>Whoever has a thread work for him and may end that: see <see cref="Work" />.</summary>
internal abstract class Watch
{
    /// <summary>Throws when the work has taken enough.</summary>
    public abstract void CheckLimits();

    /// <summary>How long the work may go on.</summary>
    public abstract TimeSpan TimeLeft { get; }
}
