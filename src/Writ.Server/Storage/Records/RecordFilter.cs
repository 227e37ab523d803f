namespace Writ.Server.Storage;

/// <summary>Which records are looked for; null: any. All that is given must hold.</summary>
public sealed record RecordFilter
{
    /// <summary>Who asked, whom it was about, or who acted for whom.</summary>
    public string? Identity { get; init => field = RecordIndexRow.Fit(value); }
    public string? Actor { get; init => field = RecordIndexRow.Fit(value); }
    public string? Subject { get; init => field = RecordIndexRow.Fit(value); }
    /// <summary>Who acts for whom: stands in the delegation chain.</summary>
    public string? Chain { get; init => field = Line(value); }
    /// <summary>The user behind the task.</summary>
    public string? OnBehalfOf { get; init => field = RecordIndexRow.Fit(value); }
    public string? Task { get; init => field = Line(value); }
    /// <summary>With all tasks below that one.</summary>
    public bool IsTree { get; init; }
    public string? Workflow { get; init => field = RecordIndexRow.Fit(value); }
    /// <summary>One resource by each of its names; any of them.</summary>
    public IReadOnlyList<string> Resource { get; init => field = [.. value.Select(RecordIndexRow.FitLine)]; } = [];
    public string? Action { get; init => field = Line(value); }
    /// <summary>The kind, or all kinds that begin with it and a dot.</summary>
    public string? Kind { get; init; }
    /// <summary>allow or deny.</summary>
    public string? Outcome { get; init; }
    public string? Reason { get; init => field = RecordIndexRow.Fit(value); }
    /// <summary>The digest of the policy's version.</summary>
    public string? Policy { get; init => field = RecordIndexRow.Fit(value); }
    /// <summary>The id of an approval, or the digest of what it is for.</summary>
    public string? Approval { get; init => field = Line(value); }
    public string? ApprovedBy { get; init => field = RecordIndexRow.Fit(value); }
    /// <summary>The <c>jti</c> of a credential: its issue, what was made of it, and its end.</summary>
    public string? Credential { get; init => field = Line(value); }
    public string? DecisionId { get; init => field = RecordIndexRow.Fit(value); }
    /// <summary>From this moment on, microseconds.</summary>
    public long? From { get; init; }
    /// <summary>Before this moment, microseconds.</summary>
    public long? To { get; init; }
    /// <summary>Of or about identities and operators of this team.</summary>
    public string? Team { get; init; }
    /// <summary>Behind this index.</summary>
    public long? After { get; init; }
    public bool NewestFirst { get; init; }
    public int Limit { get; init; }

    /// <summary>The terms that must all stand in a block in which a record may be found.</summary>
    internal IEnumerable<RecordTerm> Terms()
    {
        // The rarest kinds first: the first of them is what the blocks are read by.
        if (Approval is not null) yield return new(TermOf.Approval, Approval);
        if (ApprovedBy is not null) yield return new(TermOf.ApprovedBy, ApprovedBy);
        if (OnBehalfOf is not null) yield return new(TermOf.User, OnBehalfOf);
        foreach (var who in new[] { Identity, Actor, Subject, Chain })
            if (who is not null) yield return new(TermOf.Who, RecordIndexRow.Fit(who)!);
        if (Reason is not null) yield return new(TermOf.Reason, Reason);
        if (Action is not null) yield return new(TermOf.Action, Action);
        if (Workflow is not null) yield return new(TermOf.Workflow, Workflow);
        if (Policy is not null) yield return new(TermOf.Policy, Policy);
        if (Kind is not null) yield return new(TermOf.Kind, RecordIndexRow.Fit(Kind)!);
        if (Outcome is not null) yield return new(TermOf.Outcome, Outcome);
    }

    /// <summary>Whether a record is among them, but for its team: for who follows the log.</summary>
    internal bool Fits(RecordIndexRow row) =>
        (Identity is null || row.Actor == Identity || row.Subject == Identity
            || Has(row, TermOf.Chain, RecordIndexRow.FitLine(Identity)))
        && Is(row.Actor, Actor) && Is(row.Subject, Subject) && Is(row.OnBehalfOf, OnBehalfOf)
        && Is(row.Workflow, Workflow) && Is(row.Outcome, Outcome) && Is(row.Reason, Reason) && Is(row.Policy, Policy)
        && Is(row.ApprovedBy, ApprovedBy) && Is(row.DecisionId, DecisionId)
        && (Chain is null || Has(row, TermOf.Chain, Chain)) && (Action is null || Has(row, TermOf.Action, Action))
        && (Approval is null || Has(row, TermOf.Approval, Approval))
        && (Credential is null || row.Jti == Credential || Has(row, TermOf.Credential, Credential))
        && (Task is null || row.Task == Task || (IsTree && Has(row, TermOf.Above, Task)))
        && (Resource.Count == 0 || Resource.Any(r => Has(row, TermOf.Resource, r)))
        && (Kind is null || row.Kind == Kind || row.Kind.StartsWith(Kind + ".", StringComparison.Ordinal))
        && (From is null || row.At >= From) && (To is null || row.At < To);

    private static bool Is(string? value, string? wanted) => wanted is null || value == wanted;

    private static bool Has(RecordIndexRow row, TermOf of, string value) =>
        row.Terms?.Contains(new RecordTerm(of, value).Line, StringComparison.Ordinal) == true;

    private static string? Line(string? text) => text is null ? null : RecordIndexRow.FitLine(text);
}
