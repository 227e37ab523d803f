using Writ.Protocol;
using Writ.Rego.Bundles;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;

namespace Writ.Server.Acts;

/// <summary>Reads a policy that somebody sends, and tries it: for those who may, and one at a time.</summary>
public sealed class PolicyCandidates(PolicyTrial trial)
{
    public const string Busy = "Another policy is being tried: wait a moment.";

    /// <summary>The body with its policy, compiled and tested; or why not.</summary>
    public async Task<(PolicyCandidate<T>? Candidate, ActPlan.Refuse? Refusal)> ReadAsync<T>(
        ActCall call, string action)
        where T : PolicyUpload
    {
        if (MayNot(call, action) is { } stranger) return (null, stranger);
        var (body, refusal) = await call.ReadAsync<T>(action, RequestBody.LargestLimit);
        if (body is null) return (null, refusal);
        var (files, fault) = body.ToPolicy();
        if (files is null) return (null, call.Invalid(fault!, action));
        return trial.TryNow(files, call.Cancel) switch
        {
            null => (null, call.Refuse(
                StatusCodes.Status429TooManyRequests, "policy_busy", Busy, action)),
            { Version: { } version } tried => (
                new PolicyCandidate<T>(body, files, version, tried.TestsPassed), null),
            var failed => (null, call.Refuse(
                StatusCodes.Status400BadRequest, failed.Code!, failed.Message, action)),
        };
    }

    /// <summary>Before anything is read, compiled or run: it costs seconds. Null: they may.</summary>
    public static ActPlan.Refuse? MayNot(ActCall call, string action) => call.Caller.Principal.Operator switch
    {
        { } person when !ManagementActions.RoleAllows(person.Role, action) => Refuse(call, Reason.RoleTooLow, action),
        { Team: not null } => Refuse(call, Reason.OutsideTeam, action),
        null => Refuse(call, Reason.RoleTooLow, action),
        _ when call.Caller.Authority is not { } carried
            || !Narrowing.Contains(carried, ManagementActions.Of(action, call.Registry.Issuer)) =>
            Refuse(call, Reason.TokenLacksAction, action),
        _ => null,
    };

    private static ActPlan.Refuse Refuse(ActCall call, Reason reason, string action) =>
        call.Refuse(StatusCodes.Status403Forbidden, reason.Code, reason.Message, action);
}

/// <summary>A policy that could decide.</summary>
/// <param name="Body">The request that brought it.</param>
/// <param name="Files">Its modules and documents.</param>
/// <param name="Version">It, compiled.</param>
/// <param name="TestsPassed">How many of its tests passed: all.</param>
public sealed record PolicyCandidate<T>(T Body, PolicySet Files, PolicyVersion Version, int TestsPassed)
    where T : PolicyUpload;
