using System.Text.Json;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>Applies what somebody wrote to a workflow, or says what is wrong with it. Changes nothing itself.</summary>
public sealed class WorkflowForm(Settings settings, PrincipalNames names)
{
    private const int MaxNames = 256;

    /// <summary>The row as it would be, and the teams of agents that it names anew.</summary>
    public async Task<(WorkflowRow? Row, IReadOnlyList<string> Teams, string? Fault)> ApplyAsync(
        WorkflowRow row, WorkflowChanges changes, RegistrySnapshot known)
    {
        List<string> teams = [];
        if (ValueFault(changes) is { } fault) return (null, teams, fault);
        if (changes.Owner is { } owner) row = row with { Owner = await names.OwnerAsync(owner) };
        if (changes.Authority is { } items)
        {
            var (authority, why) = RegisteredAuthority.Read(items, known);
            if (authority is null) return (null, teams, $"authority: {why}");
            row = row with { Authority = authority.ToJson() };
        }
        if (changes.Agents is { } agents)
        {
            var before = row.Agents.Split(' ');
            var found = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var agent in agents)
            {
                var identity = (await names.FindAsync(agent, IdentityKind.Agent))?.Identity;
                if (identity is null or { Status: IdentityStatus.Decommissioned })
                    return (null, teams, $"No such agent: {agent}.");
                if (!before.Contains(identity.Id, StringComparer.Ordinal)) teams.Add(identity.Team);
                found.Add(identity.Id);
            }
            row = row with { Agents = string.Join(' ', found) };
        }
        if (changes.Starters is { } starters)
        {
            var found = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var starter in starters)
            {
                if (await names.FindAsync(starter, "operator") is not { } principal)
                    return (null, teams, $"Nobody is called {starter}.");
                found.Add(principal.Id);
            }
            row = row with { Starters = string.Join(' ', found) };
        }
        if (changes.Purposes is { } purposes)
            row = row with { Purposes = JsonSerializer.Serialize(purposes.Distinct(StringComparer.Ordinal)) };
        return (row with
        {
            Team = changes.Team ?? row.Team,
            MaxTaskSeconds = changes.MaxTaskSeconds ?? row.MaxTaskSeconds,
            MaxDepth = changes.MaxDepth ?? row.MaxDepth,
        }, teams, null);
    }

    private string? ValueFault(WorkflowChanges changes)
    {
        if (changes.Owner is { } owner && !PlainText.IsText(owner)) return "owner is a short text.";
        if (changes.Team is { } team && !PlainText.IsName(team)) return $"team is {PlainText.NameRule}.";
        if (changes.Agents is { Count: > MaxNames } || changes.Starters is { Count: > MaxNames })
            return $"agents and starters are at most {MaxNames} each.";
        if (PlainText.PurposesFault(changes.Purposes) is { } unfit) return unfit;
        if (changes.MaxTaskSeconds is { } seconds && (seconds < 1 || seconds > settings.TaskLife.TotalSeconds))
            return $"max_task_seconds lies between 1 and {settings.TaskLife.TotalSeconds}.";
        return changes.MaxDepth is { } depth && (depth < 0 || depth > settings.MaxDepth)
            ? $"max_depth lies between 0 and {settings.MaxDepth}."
            : null;
    }
}
