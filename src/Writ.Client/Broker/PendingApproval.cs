namespace Writ.Client;

/// <summary>A person's yes that the broker waits for before it does what was asked.</summary>
/// <param name="Id">The request's id.</param>
/// <param name="Uri">Where the broker says what became of it.</param>
/// <param name="Interval">How often it is worth looking.</param>
/// <param name="Because">Why the policy wants it; null where it does not say.</param>
public sealed record PendingApproval(string Id, string Uri, TimeSpan Interval, string? Because)
{
    /// <summary>Who may say it, in the policy's words (<c>team:NAME</c>, <c>role:NAME</c>, an operator); empty: whose
    /// scope covers what is asked.</summary>
    public IReadOnlyList<string> Approvers { get; init; } = [];
}
