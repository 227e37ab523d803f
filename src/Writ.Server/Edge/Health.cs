using System.Text.Json.Nodes;

namespace Writ.Server.Edge;

/// <summary>
/// /livez: the process answers. /readyz: each part can do its work; a load balancer sends no callers where one cannot.
/// Both tell what any caller would find out by asking for a token, and nothing else.
/// </summary>
public sealed class Health(IReadOnlyList<HealthPart> parts)
{
    public static Task LiveAsync(HttpContext http) =>
        Answers.TextAsync(http, StatusCodes.Status200OK, """{"status":"ok"}""");

    public Task ReadyAsync(HttpContext http) => AnswerAsync(http, parts);

    public Task PartAsync(HttpContext http)
    {
        var name = (string?)http.Request.RouteValues["part"];
        var chosen = parts.Where(p => string.Equals(p.Name, name, StringComparison.Ordinal)).ToList();
        return chosen.Count == 0
            ? Answers.ProblemAsync(
                http, StatusCodes.Status404NotFound, "not_found",
                $"The parts are {string.Join(", ", parts.Select(p => p.Name))}.")
            : AnswerAsync(http, chosen);
    }

    /// <summary>/health, as OPA has it.</summary>
    public Task OpaAsync(HttpContext http) => FirstFault() is { } why
        ? Answers.JsonAsync(http, StatusCodes.Status500InternalServerError, new JsonObject { ["error"] = why })
        : Answers.TextAsync(http, StatusCodes.Status200OK, "{}");

    private string? FirstFault() =>
        parts.Where(p => !p.IsWorkable).Select(p => p.Fault()).FirstOrDefault(f => f is not null);

    private static Task AnswerAsync(HttpContext http, IReadOnlyList<HealthPart> asked)
    {
        var states = new JsonObject();
        var (ready, whole) = (true, true);
        foreach (var part in asked)
        {
            var fault = part.Fault();
            ready &= fault is null || part.IsWorkable;
            whole &= fault is null;
            states[part.Name] = fault ?? "ok";
        }
        var body = new JsonObject
        {
            ["status"] = (ready, whole) switch { (false, _) => "not ready", (_, false) => "degraded", _ => "ready" },
            ["parts"] = states,
        };
        if (!ready) http.Response.Headers.RetryAfter = "1";
        var status = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return Answers.TextAsync(http, status, body.ToJsonString());
    }
}

/// <summary>One thing without which the broker cannot do its work.</summary>
/// <param name="Name">As in <c>/readyz/store</c>.</param>
/// <param name="Fault">Why it cannot, in words for everybody; null: it can. Answers at once, from memory.</param>
public sealed record HealthPart(string Name, Func<string?> Fault)
{
    private const long LeastFreeBytes = 64L * 1024 * 1024;

    /// <summary>The broker does its work without it, as it did before: somebody should look, nobody is sent away.
    /// </summary>
    public bool IsWorkable { get; init; }

    /// <summary>The disk of the data folder has room for records to come.</summary>
    public static HealthPart Disk(string folder) => new("disk", () =>
        new DriveInfo(folder).AvailableFreeSpace < LeastFreeBytes ? "the disk is almost full" : null);
}
