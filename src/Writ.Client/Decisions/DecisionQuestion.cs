using System.Text.Json;

namespace Writ.Client;

/// <summary>Whether somebody may do something, in AuthZEN's words (docs/access.md).</summary>
public sealed record DecisionQuestion
{
    /// <summary>Who: the SPIFFE id of an identity, or a name of the application's own.</summary>
    public required string Subject { get; init; }

    /// <summary>What kind of subject that is; of registered ones the registry says it.</summary>
    public string SubjectType { get; init; } = "agent";

    /// <summary>What: <c>orders:read</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Where: the registered name of one of the server's resources, or its URI.</summary>
    public required string Resource { get; init; }

    /// <summary>The one thing there that it is about; null: all of it.</summary>
    public string? Identifier { get; init; }

    /// <summary>The kinds of data there that it is about; null: all of it.</summary>
    public IReadOnlyList<string>? Datatypes { get; init; }

    /// <summary>More, an object, which the policy sees as what a caller asserts, and the record holds: no secrets.
    /// Null: nothing.</summary>
    public JsonElement? Context { get; init; }

    /// <summary>The obligations that whoever asks will keep; any other that comes with a yes makes it a no.</summary>
    public IReadOnlyCollection<string> Honours { get; init; } = [];

    /// <summary>The verified token that the request came with: its task, its chain of actors and its binding are facts
    /// then. Null: none.</summary>
    public VerifiedToken? Token { get; init; }
}
