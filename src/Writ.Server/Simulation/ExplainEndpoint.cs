using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>
/// /v1/decisions/{id}/explanation: why a recorded decision is what it is, and what would have turned it. For operators,
/// each within their scope, as the log is.
/// </summary>
public sealed class ExplainEndpoint(RecordStore records, RecordIndexer indexer, Explainer explainer)
{
    private const string Action = "decision:explain";

    public async Task<ActPlan> ExplainAsync(ActCall call)
    {
        var id = call.Route("id");
        var target = new ActTarget($"decision {id}", call.Team);
        // Identities may not: nothing is looked for on their behalf.
        if (call.Caller.Principal.Operator is null) return call.Read(Action, target, _ => Task.CompletedTask);
        var (row, isBehind) = await FindAsync(call, id);
        if (row is null)
            return isBehind
                ? call.Refuse(503, "index_behind", "The index has not seen the newest records yet: try again.", Action)
                : call.NotFound("decision", Action);
        var plan = call.Read(Action, target, async http => await Answers.JsonAsync(
            http, StatusCodes.Status200OK,
            await explainer.ExplainAsync(RecordedDecision.Of(row), call.Facts, http.RequestAborted)));
        return plan with { Event = plan.Event.With("explains", id) };
    }

    private async Task<(RecordRow? Row, bool IsBehind)> FindAsync(ActCall call, string id)
    {
        var filter = new RecordFilter { DecisionId = id, Team = call.Team, NewestFirst = true, Limit = 1 };
        var found = await records.ListAsync(filter, call.Cancel);
        if (found.Count > 0) return (found[0], false);
        var behind = await indexer.CatchUpAsync(call.Cancel);
        found = await records.ListAsync(filter, call.Cancel);
        return (found.Count > 0 ? found[0] : null, behind > 0);
    }
}
