using System.Text;

namespace Writ.Server.Storage;

/// <summary>What can be searched of a record. Its texts are made to fit: callers choose some of them, and one record
/// that an engine's index refuses would stop the index behind it for ever.</summary>
public sealed record RecordIndexRow
{
    // PostgreSQL takes 2704 bytes in a key of an index; a UTF-16 unit takes three of them at the most.
    internal const int MaxText = 512;

    // Of one kind in one record; a token's authority and chain have fewer.
    private const int MostOfOneKind = 64;

    public required long Idx { get; init; }
    public required long At { get; init; }
    public required string Kind { get; init; }
    public required string Outcome { get; init; }
    public string? DecisionId { get; init => field = Fit(value); }
    public string? Subject { get; init => field = Fit(value); }
    public string? Actor { get; init => field = Fit(value); }
    public string? Task { get; init => field = Fit(value); }
    public string? Jti { get; init => field = Fit(value); }
    public long? ExpiresAt { get; init; }
    public string? Reason { get; init => field = Fit(value); }
    /// <summary>The digest of the version that was asked.</summary>
    public string? Policy { get; init => field = Fit(value); }
    /// <summary>Of the task; null: none.</summary>
    public string? Workflow { get; init => field = Fit(value); }
    /// <summary>The user behind the task.</summary>
    public string? OnBehalfOf { get; init => field = Fit(value); }
    public string? ApprovedBy { get; init => field = Fit(value); }

    /// <summary>What there may be several of, one a line, each with the letter of its kind before it; null: nothing.
    /// </summary>
    public string? Terms { get; init; }

    /// <summary>The values of one kind among <see cref="Terms"/>.</summary>
    internal IEnumerable<string> ValuesOf(TermOf kind) => Read(Terms).Where(t => t.Of == kind).Select(t => t.Value);

    internal static IEnumerable<RecordTerm> Read(string? terms) =>
        (terms ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => new RecordTerm((TermOf)line[0], line[1..]));

    /// <summary>The column of such values.</summary>
    internal static string? TermsText(IEnumerable<RecordTerm> terms)
    {
        StringBuilder? text = null;
        var seen = new HashSet<RecordTerm>();
        var counts = new Dictionary<TermOf, int>();
        foreach (var term in terms)
        {
            var fit = term with { Value = FitLine(term.Value) };
            if (fit.Value.Length == 0 || !seen.Add(fit)) continue;
            var count = counts[term.Of] = counts.GetValueOrDefault(term.Of) + 1;
            if (count > MostOfOneKind) continue;
            (text ??= new StringBuilder("\n")).Append((char)fit.Of).Append(fit.Value).Append('\n');
        }
        return text?.ToString();
    }

    /// <summary>All that it is found by, beside what its own columns are indexed for.</summary>
    internal IEnumerable<RecordTerm> AllTerms()
    {
        if (Actor is not null) yield return new(TermOf.Who, Actor);
        if (Subject is not null && Subject != Actor) yield return new(TermOf.Who, Subject);
        for (var dot = Kind.IndexOf('.'); dot >= 0; dot = Kind.IndexOf('.', dot + 1))
            yield return new(TermOf.Kind, Kind[..dot]);
        yield return new(TermOf.Kind, Kind);
        yield return new(TermOf.Outcome, Outcome);
        if (Reason is not null) yield return new(TermOf.Reason, Reason);
        if (Policy is not null) yield return new(TermOf.Policy, Policy);
        if (Workflow is not null) yield return new(TermOf.Workflow, Workflow);
        if (OnBehalfOf is not null) yield return new(TermOf.User, OnBehalfOf);
        if (ApprovedBy is not null) yield return new(TermOf.ApprovedBy, ApprovedBy);
        // Who stands in a chain is looked for among all who have to do with a record.
        foreach (var term in Read(Terms)) yield return term.Of == TermOf.Chain ? term with { Of = TermOf.Who } : term;
    }

    /// <summary>The text as the index holds it: bounded, whole characters only, without U+0000, which no text column of
    /// PostgreSQL takes.</summary>
    internal static string? Fit(string? text)
    {
        if (text is null) return null;
        if (text.Length > MaxText) text = text[..(char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText)];
        return text.Replace('\0', '\uFFFD');
    }

    /// <summary>The same on one line.</summary>
    internal static string FitLine(string text) => Fit(text)!.Replace('\n', ' ');
}
