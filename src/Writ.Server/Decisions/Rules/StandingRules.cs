using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>The rules for what is out already: whether it would be given still, as the registry is now.</summary>
internal static class StandingRules
{
    /// <summary>Why not; null: it would.</summary>
    public static Reason? Judge(Standing standing, Facts facts)
    {
        if (standing.Holder is not { } holder) return new Reason("unknown_client", "Its holder is gone.");
        if (!holder.IsActive(facts.Now)) return Reason.NotActive(holder);
        var issuer = facts.Registry.Issuer;
        // A token of the management API: each act with it is decided anew.
        if (standing.Authority.Locations.Contains(issuer, StringComparer.Ordinal)) return null;
        if (holder.Identity is not { } identity) return Reason.NotEntitled("anything but management");
        if (!Narrowing.Contains(holder.Entitlements, standing.Authority))
            return Bounds.NotEntitled(standing.Authority, holder.Entitlements, facts.Registry);
        if (Bounds.Registered(standing.Authority, identity, facts.Registry) is { } unfit) return unfit;
        if (standing.Workflow is not { } name || name == TaskRow.NoWorkflow) return null;
        if (!facts.Registry.Workflows.TryGetValue(name, out var workflow) || !workflow.Agents.Contains(holder.Id))
            return Reason.OutsideWorkflow($"the agent {holder.Id}");
        return Narrowing.Contains(workflow.Authority, standing.Authority)
            ? null
            : Reason.OutsideWorkflow(Bounds.Describe(standing.Authority, workflow.Authority));
    }
}
