using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>What a management endpoint makes of a call: something to decide, or a refusal.</summary>
public abstract record ActPlan
{
    private ActPlan() { }

    /// <summary>Decide this, record it, do it, answer.</summary>
    /// <param name="Ask">What is asked.</param>
    /// <param name="Event">What the record says; kind first.</param>
    public sealed record Do(Ask Ask, AuditEvent Event) : ActPlan
    {
        /// <summary>Facts, where the plain ones of an act do not suffice.</summary>
        public Facts? Facts { get; init; }

        /// <summary>The effects, which run in the record's transaction; made from what was granted.</summary>
        public Func<Granting, IReadOnlyList<Claim>> Effects { get; init; } = _ => [];

        /// <summary>What must be worked out for the answer, and costs more than a decision; answers with what the
        /// record says of it. Done only for who may have it, and not for who only asks whether.</summary>
        public Func<AuditEvent, Task<AuditEvent>>? Work { get; init; }

        /// <summary>Answers a no to what was asked, which is no refusal of whoever asks; null: every no is one.
        /// </summary>
        public Func<HttpContext, Decision.Denied, Task>? AnswerNo { get; init; }

        /// <summary>Answers once everything is durable.</summary>
        public required Func<HttpContext, Granting, Task> Answer { get; init; }
    }

    /// <summary>The call cannot be decided: malformed, or about nothing that exists.</summary>
    /// <param name="Action">What was tried: who may not even try it hears that, and nothing of what exists.</param>
    /// <param name="Status">HTTP status.</param>
    /// <param name="Code">Stable code.</param>
    /// <param name="Detail">A sentence for people.</param>
    /// <param name="Event">What the record says.</param>
    public sealed record Refuse(string Action, int Status, string Code, string Detail, AuditEvent Event) : ActPlan;
}
