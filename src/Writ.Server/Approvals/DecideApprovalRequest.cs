namespace Writ.Server.Approvals;

/// <summary>The body of a yes or a no.</summary>
public sealed record DecideApprovalRequest
{
    /// <summary>What whoever asked, and the log, are told; a short text.</summary>
    public string? Because { get; init; }
}
