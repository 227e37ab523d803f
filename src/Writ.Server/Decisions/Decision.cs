using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The answer to an <see cref="Ask"/>. Both cases are recorded.</summary>
public abstract record Decision
{
    private Decision(string id) => Id = id;

    /// <summary>The decision id that answers, records and messages carry.</summary>
    public string Id { get; }

    /// <summary>What the policy was asked and said; null: the rules said no, or it is not for the policy.</summary>
    public PolicyTrace? Policy { get; internal init; }

    /// <summary>Yes, to exactly what the grant says.</summary>
    public sealed record Granted : Decision
    {
        internal Granted(Grant grant) : base(grant.DecisionId) => Grant = grant;

        public Grant Grant { get; }

        /// <summary>The approval that it rests on, which is used up with it; null: none.</summary>
        public ApprovalRow? Approval { get; internal init; }
    }

    /// <summary>No.</summary>
    public sealed record Denied : Decision
    {
        internal Denied(string id, Reason reason) : base(id) => Reason = reason;

        public Reason Reason { get; }

        /// <summary>The no that a yes became, since what it rested on had ended when it was recorded.</summary>
        internal static Denied Late(string id, ClaimFailure failure) =>
            new(id, new Reason(failure.Code, failure.Message));

        /// <summary>Whose yes would make it one; null: nobody's.</summary>
        public ApprovalNeed? Approval { get; internal init; }
    }
}

/// <summary>What a person would have to say yes to.</summary>
/// <param name="Rule">Who, and for how long that is good.</param>
/// <param name="Digest">What it is, exactly (<see cref="ApprovalDigest"/>).</param>
/// <param name="Granting">The most that it would give.</param>
/// <param name="Spoilt">An approval of the same thing whose giver may give it no longer.</param>
public sealed record ApprovalNeed(
    Obligation.RequireApproval Rule, string Digest, Granting Granting, string? Spoilt = null)
{
    /// <summary>The same for whatever differs by no more than its key and its time.</summary>
    public required string Likeness { get; init; }

    /// <summary>The version of the policy that asks for it.</summary>
    public required string Policy { get; init; }
}
