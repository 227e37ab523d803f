using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// Why a decision was no: a stable code that docs/errors.md explains, and a sentence for people (P5).
/// </summary>
/// <param name="Code">Stable, lower case with underscores.</param>
/// <param name="Message">What was missing, without secrets.</param>
public sealed record Reason(string Code, string Message)
{
    /// <summary>After how long the answer will be another, where that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>It is about whoever asks: of what was asked nothing is answered.</summary>
    public bool IsOfCaller { get; init; }

    /// <summary>Not decided: it would cost more than a caller's questions may.</summary>
    public static readonly Reason BudgetSpent = new(
        "budget_spent", "Your questions have cost as much as they may: wait a moment.");

    public static Reason NotEntitled(string what) => new("not_entitled", $"The identity is not entitled to {what}.");

    public static Reason OutsideWorkflow(string what) =>
        new("outside_workflow", $"The workflow does not allow {what}.");

    public static Reason OutsideTask(string what) => new("outside_task", $"The task does not allow {what}.");

    public static Reason OutsideParent(string what) => new("outside_parent", $"The parent does not allow {what}.");

    public static Reason UnknownAudience(string what) =>
        new("unknown_audience", $"{what} is not a registered resource.");

    public static Reason UnknownAction(string resource, string action) =>
        new("unknown_action", $"The resource {resource} has no action {action}.");

    /// <summary>Who exists and may do nothing, and why not.</summary>
    public static Reason NotActive(Principal who) => new(
        "identity_not_active",
        who switch
        {
            { Operator: { } person } => $"The operator {person.Name} was removed.",
            { Identity: { Status: IdentityStatus.Active } late } =>
                $"The identity {NameOf(late.Id)} expired at {Instant.Text(late.ExpiresAt)}.",
            { Identity: { } identity } => $"The identity {NameOf(identity.Id)} is {identity.Status}.",
            _ => $"{who.Id} is not active.",
        });

    public static Reason UnknownAgent(string id) => new(
        "unknown_client",
        NameOf(id) is var name && name.Contains('/', StringComparison.Ordinal)
            ? $"There is no identity {name}."
            : $"There is no identity {name}; is it agent/{name}?");

    /// <summary>An identity asks for what only operators may do.</summary>
    public static Reason OperatorsAlone(string action) => new(
        "role_too_low",
        action is "audit:read"
            ? "Identities may not read the log: ask an operator."
            : $"Only operators may do this ({action}): ask one.");

    public static Reason NotCleared(string what) =>
        new("not_cleared", $"The identity's clearance is below that of {what}.");

    /// <summary>The policy refuses, by one of its own codes or one for what went wrong with it.</summary>
    public static Reason Policy(string code) => new(code, code switch
    {
        "policy_error" => "The policy failed, so it refuses.",
        "policy_limit" => "The policy took too long or too much, so it refuses.",
        "policy_engine_away" => "The engine that decides does not answer, so it refuses.",
        "obligation_invalid" => "The policy demands something that is malformed, so it refuses.",
        "obligation_unknown" => "The policy demands something that is unknown, so it refuses.",
        "obligation_conflict" => "The policy demands things that contradict each other, so it refuses.",
        _ => $"The policy refuses: {code}.",
    });

    public static Reason ObligationUnknown(string name) =>
        new("obligation_unknown", $"The policy demands {name}, which cannot be kept here.");

    public static Reason StepUp(string proof) =>
        new("step_up_required", $"The policy demands proof by {proof}, which this request did not bring.");

    public static Reason OutsidePolicy(string what) => new("outside_policy", $"The policy does not allow {what}.");

    public static readonly Reason LivesTooLong =
        new("lives_too_long", "The policy allows a shorter life than this was given.");

    public static readonly Reason ApprovalRequired =
        new("approval_required", "Somebody must approve this first.");

    public static readonly Reason ApprovalUsed =
        new("approval_used", "The approval was used before: it is good once.");
    public static readonly Reason ApprovalExpired =
        new("approval_expired", "Nobody approved it in time, or the approval has ended: ask again without it.");
    public static readonly Reason OwnRequest =
        new("own_request", "Whoever asks, or has a hand in what is asked, does not approve it.");
    public static readonly Reason NotApprover =
        new("not_an_approver", "The policy names others to approve this.");

    public static Reason ApprovalDenied(string? because) => new(
        "approval_denied", because is null ? "Somebody said no to this." : $"Somebody said no to this: {because}");

    public static readonly Reason UnknownTask = new("unknown_task", "There is no such task.");
    public static readonly Reason NotYourTask = new("not_your_task", "The task is another agent's.");
    public static readonly Reason TaskNotOpen = new("task_not_open", "The task is not open.");
    public static readonly Reason TaskRequired = new("task_required", "An agent must name an open task.");
    public static readonly Reason KeyBindingRequired = new(
        "key_binding_required", "Tokens are bound to a key: send a DPoP proof or a client certificate.");
    public static readonly Reason TooDeep = new("chain_too_deep", "The delegation chain is too long.");
    public static readonly Reason NothingRequested =
        new("nothing_requested", "Name the authority: scope or authorization_details.");
    public static readonly Reason AuthorityTooLarge = new(
        "authority_too_large", "This spans more actions, resources and kinds of data than one grant may: ask less.");
    public static readonly Reason TooManyTokens = new(
        "too_many_tokens", "The identity holds as many live tokens as one may: use those, or wait until some end.");
    public static Reason TooManyQuestions(int most) => new(
        "authority_too_large", $"This spans more than {most} actions at resources, which one token may: ask less.");
    public static readonly Reason RoleTooLow = new("role_too_low", "The operator's role does not allow this.");
    public static readonly Reason NotYours = new("not_yours", "This is for its owner alone.");
    public static readonly Reason OutsideTeam = new("outside_team", "The operator's scope is another team.");
    public static readonly Reason ManagementNotAsked = new(
        "management_not_asked",
        "Acts of the management API are decided when they are done: try one with dry_run=true.");
    public static readonly Reason BeyondOwnScope =
        new("beyond_own_scope", "Nobody grants what lies beyond their own scope.");
    public static readonly Reason TokenLacksAction = new("insufficient_scope", "The token does not carry this action.");
    public static readonly Reason TooSoon =
        new("too_soon", "What the caller held is dying, and new tokens would with it: try again in a few seconds.");
    public static readonly Reason CodeWithdrawn =
        new("code_invalid", "Whoever made the code may make it no longer: ask for another one.");
    public static readonly Reason Stale = new("facts_changed", "The facts changed while deciding; try again.");

    private static string NameOf(string id) => SpiffeId.TryParse(id, out var parsed) ? parsed.Path[1..] : id;
}
