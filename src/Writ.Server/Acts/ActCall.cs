using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Acts;

/// <summary>One management call whose caller is known: what its endpoint needs to make a plan.</summary>
public sealed class ActCall(HttpContext http, Caller caller, IdSource ids, DateTimeOffset now)
{
    public DateTimeOffset Now => now;

    public HttpContext Http => http;

    public Caller Caller => caller;

    public CancellationToken Cancel => http.RequestAborted;

    /// <summary>The team that lists are limited to; null: everything.</summary>
    public string? Team => caller.Principal.Operator?.Team;

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
        new(status, code, detail, Event(action));

    public ActPlan.Refuse NotFound(string what, string action) =>
        Refuse(StatusCodes.Status404NotFound, "not_found", $"No such {what}.", action);

    public ActPlan.Refuse Invalid(string detail, string action) =>
        Refuse(StatusCodes.Status400BadRequest, "invalid_request", detail, action);

    /// <summary>The body as a value of the management API, or a refusal that says what is wrong with it.</summary>
    public async Task<(T? Value, ActPlan.Refuse? Refusal)> ReadAsync<T>(string action, int limit = 256 * 1024)
        where T : class
    {
        var (bytes, status) = await RequestBody.ReadAsync(http, RequestBody.Json, limit);
        if (bytes is null)
        {
            var code = status == StatusCodes.Status415UnsupportedMediaType ? "content_type" : "body_too_large";
            return (null, Refuse(status, code, "Send a JSON object of bounded size as application/json.", action));
        }
        // The strict reader first: no duplicate members, no lone surrogates, bounded depth.
        if (!StrictJson.TryParse(bytes, StrictJson.DefaultMaxDepth, out _, out var error))
            return (null, Invalid($"The body is not strict JSON: {error}", action));
        try
        {
            return JsonSerializer.Deserialize<T>(bytes, Answers.Json) is { } value
                ? (value, null)
                : (null, Invalid("The body is null.", action));
        }
        catch (JsonException e)
        {
            return (null, Invalid($"The body does not fit at {e.Path}.", action));
        }
    }
}
