using Writ.Protocol;

namespace Writ.Client;

/// <summary>What was decided in this process, and is recorded.</summary>
public sealed record LocalDecision
{
    /// <summary>Yes; whoever asked keeps the <see cref="Obligations"/>.</summary>
    public required bool IsAllowed { get; init; }

    /// <summary>The decision id that the broker's record will bear; null: it could not be recorded, and so it is a no.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>Of a no: the stable code that docs/errors.md explains, or one of the policy's own.</summary>
    public string? Code { get; init; }

    /// <summary>What comes with it.</summary>
    public Obligations Obligations { get; init; } = Obligations.None;

    /// <summary>The rules of the policy that refused.</summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>All codes of the policy's refusal; the first is the <see cref="Code"/>.</summary>
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The facts that the rules looked for and did not find.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Whether it is a no because nothing can be known or recorded here at present: asking again may help.
    /// </summary>
    public bool IsOutage => Code is DecisionCodes.Stale or DecisionCodes.NotRecorded;

    internal static LocalDecision No(string code) => new() { IsAllowed = false, Code = code };
}
