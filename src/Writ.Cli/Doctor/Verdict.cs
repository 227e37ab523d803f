namespace Writ.Cli.Doctor;

/// <summary>What a check found.</summary>
internal abstract record Verdict
{
    private Verdict(string text) => Text = text;

    public string Text { get; }

    public sealed record Fine(string Found) : Verdict(Found);

    /// <summary>Could not be looked at from here.</summary>
    public sealed record Unseen(string Why) : Verdict(Why);

    /// <summary>Something is wrong.</summary>
    /// <param name="Found">What.</param>
    /// <param name="Mend">What to do about it.</param>
    public sealed record Wrong(string Found, string Mend) : Verdict(Found);
}
