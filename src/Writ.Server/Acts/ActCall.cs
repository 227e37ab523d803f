using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>One management call whose caller is known: what its endpoint needs to make a plan.</summary>
public sealed class ActCall(HttpContext http, Caller caller, Facts facts, IdSource ids)
{
    public DateTimeOffset Now => facts.Now;

    /// <summary>The facts as they were before the endpoint looked at anything: a change since is found out.</summary>
    public Facts Facts => facts;

    public RegistrySnapshot Registry => facts.Registry;

    public HttpContext Http => http;

    public Caller Caller => caller;

    public CancellationToken Cancel => http.RequestAborted;

    /// <summary>The team that lists are limited to; null: everything.</summary>
    public string? Team => caller.Principal.Operator?.Team;

    /// <summary>The team of what the caller registers without naming one.</summary>
    public string HomeTeam => Team ?? "default";

    /// <summary>A part of the path.</summary>
    public string Route(string name) => (string?)http.Request.RouteValues[name] ?? "";

    public string? Query(string name) => http.Request.Query[name] is [{ Length: > 0 } value] ? value : null;

    /// <summary>How many items of a list, within bounds.</summary>
    public int Limit => int.TryParse(Query("limit"), out var limit) ? Math.Clamp(limit, 1, 500) : 100;

    /// <summary>The plan of an act on one thing. The kind of the record is the action with a dot.</summary>
    public ActPlan.Do Act(
        string action, ActTarget target, IReadOnlyList<Claim> effects, Func<HttpContext, Granting, Task> answer) =>
        new(new Ask.Act { DecisionId = ids.Next("dec"), Caller = caller, Action = action, Target = target },
            Event(action).With("target", target.Name))
        {
            Effects = _ => effects,
            Answer = answer,
        };

    /// <summary>The plan of an act that only reads.</summary>
    public ActPlan.Do Read(string action, ActTarget target, Func<HttpContext, Task> answer) =>
        Act(action, target, [], (h, _) => answer(h));

    public AuditEvent Event(string action) => new()
    {
        Kind = action.Replace(':', '.'),
        Actor = caller.Principal.Id,
        Task = caller.Token?.TaskId,
        RequestId = http.TraceIdentifier,
    };

    public ActPlan.Refuse Refuse(int status, string code, string detail, string action) =>
        new(action, status, code, detail, Event(action));

    public ActPlan.Refuse NotFound(string what, string action) =>
        Refuse(StatusCodes.Status404NotFound, "not_found", $"No such {what}.", action);

    public ActPlan.Refuse Invalid(string detail, string action) =>
        Refuse(StatusCodes.Status400BadRequest, "invalid_request", detail, action);

    /// <summary>The body as a value of the management API, or a refusal that says what is wrong with it.</summary>
    public async Task<(T? Value, ActPlan.Refuse? Refusal)> ReadAsync<T>(
        string action, int limit = RequestBody.ManagementLimit)
        where T : class => await JsonBody.ReadAsync<T>(http, limit) switch
        {
            (T value, _) => (value, null),
            (_, var fault) => (null, Refuse(fault!.Status, fault.Code, fault.Detail, action)),
        };

    /// <summary>The same, where no body at all means the value of its defaults.</summary>
    public Task<(T? Value, ActPlan.Refuse? Refusal)> ReadOptionalAsync<T>(string action)
        where T : class, new() =>
        http.Request.ContentLength is null or 0 && http.Request.ContentType is null
            ? Task.FromResult<(T?, ActPlan.Refuse?)>((new T(), null))
            : ReadAsync<T>(action);
}
