using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>A decision as its record tells it.</summary>
internal sealed class RecordedDecision
{
    private readonly IReadOnlyDictionary<string, string> _detail;

    private RecordedDecision(RecordIndexRow index, JsonElement body, bool isErased)
    {
        Index = index;
        IsErased = isErased;
        Reason = body.TryGetProperty("reason", out var reason) ? reason.GetString() : null;
        _detail = body.TryGetProperty("detail", out var detail)
            ? detail.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.GetString()!, StringComparer.Ordinal)
            : AuditEvent.NoDetail;
    }

    public RecordIndexRow Index { get; }

    /// <summary>What it said besides its core is there no more.</summary>
    public bool IsErased { get; }

    /// <summary>Whose decision it is: of a task that is opened the agent's, of a question the subject's.</summary>
    public string About =>
        (Index.Kind is "task.start" or "access.evaluate" ? Index.Subject : null) ?? Index.Actor ?? Index.Subject ?? "";

    public bool IsAllowed => Index.Outcome == "allow";

    /// <summary>The stable code of a refusal.</summary>
    public string? Reason { get; }

    /// <summary>The version that was asked; null: the policy was not asked.</summary>
    public string? Policy => Detail(PolicyDetail.Version);

    /// <summary>What the policy was asked, as text; null: nothing.</summary>
    public string? Input => Detail(PolicyDetail.Input);

    /// <summary>What came with a yes of the policy, as JSON; empty: nothing.</summary>
    public string Obligations => Detail(PolicyDetail.Obligations) ?? "";

    /// <summary>The rules of the policy that refused.</summary>
    public string[] Rules => Words(PolicyDetail.Rules);

    /// <summary>The policy's own codes; none: it did not refuse.</summary>
    public string[] Reasons => Words(PolicyDetail.Reasons);

    /// <summary>Whether the policy itself said no, and not what came with its yes.</summary>
    public bool IsPolicyRefusal => Reasons.Length > 0;

    public string? Detail(string name) => _detail.GetValueOrDefault(name);

    public static RecordedDecision Of(RecordRow row)
    {
        using var document = JsonDocument.Parse(row.Body);
        return new RecordedDecision(RecordBody.Index(row), document.RootElement, row.IsErased);
    }

    /// <summary>What was asked; null where it is not there or cannot be read by this build.</summary>
    public RecordedQuestion? Question() =>
        Input is { } text && RecordedQuestion.TryParse(text, out var question) ? question : null;

    private string[] Words(string name) => Detail(name)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
}
