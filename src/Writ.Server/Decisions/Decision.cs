using Writ.Server.Policies;

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
    }

    /// <summary>No.</summary>
    public sealed record Denied : Decision
    {
        internal Denied(string id, Reason reason) : base(id) => Reason = reason;

        public Reason Reason { get; }

        /// <summary>Whose yes would make it one; null: nobody's.</summary>
        public Obligation.RequireApproval? Approval { get; internal init; }
    }
}
