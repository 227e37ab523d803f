namespace Writ.Client;

/// <summary>The codes of refusals that are not the policy's own; the broker's, but for the last three.</summary>
internal static class DecisionCodes
{
    internal const string NotActive = "identity_not_active";
    internal const string NotEntitled = "not_entitled";
    internal const string NotCleared = "not_cleared";
    internal const string UnknownAction = "unknown_action";
    internal const string NotYours = "not_yours";
    internal const string ObligationUnknown = "obligation_unknown";
    internal const string StepUp = "step_up_required";
    internal const string PolicyError = "policy_error";
    internal const string PolicyLimit = "policy_limit";
    internal const string Invalid = "invalid_request";

    /// <summary>What is known here is older than the feed says, or the feed is silent.</summary>
    internal const string Stale = "decision_stale";

    /// <summary>The decision could not be made durable, so it is none.</summary>
    internal const string NotRecorded = "decision_not_recorded";
}
