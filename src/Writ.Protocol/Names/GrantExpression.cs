using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>
/// A grant as people write it: <c>orders:read,orders:list@shop</c>, that is
/// <c>action {"," action} "@" resource</c>. Actions are kept sorted and distinct.
/// </summary>
public sealed record GrantExpression
{
    /// <summary>The most actions in one grant.</summary>
    public const int MaxActions = 64;

    private GrantExpression(ImmutableArray<ActionName> actions, ResourceName resource)
    {
        Actions = actions;
        Resource = resource;
    }

    /// <summary>What may be done, sorted and distinct.</summary>
    public ImmutableArray<ActionName> Actions { get; }

    /// <summary>On which registered resource.</summary>
    public ResourceName Resource { get; }

    /// <summary>Builds a grant.</summary>
    /// <exception cref="ArgumentException">No action, or too many.</exception>
    public static GrantExpression Of(IEnumerable<ActionName> actions, ResourceName resource)
    {
        var sorted = actions.Distinct().Order().ToImmutableArray();
        if (sorted.Length is 0 or > MaxActions)
            throw new ArgumentException("A grant names between 1 and 64 actions.", nameof(actions));
        return new GrantExpression(sorted, resource);
    }

    /// <summary>Reads a grant.</summary>
    /// <exception cref="FormatException">The text is no grant.</exception>
    public static GrantExpression Parse(string text) =>
        TryParse(text, out var grant)
            ? grant
            : throw new FormatException("Not a grant: expected noun:verb[,noun:verb…]@resource.");

    /// <summary>Reads a grant.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out GrantExpression? grant)
    {
        grant = null;
        var at = text?.IndexOf('@') ?? -1;
        if (at < 0 || !ResourceName.TryParse(text![(at + 1)..], out var resource))
            return false;

        var names = text[..at].Split(',');
        if (names.Length > MaxActions)
            return false;

        var actions = new List<ActionName>(names.Length);
        foreach (var name in names)
        {
            if (!ActionName.TryParse(name, out var action))
                return false;
            actions.Add(action);
        }

        grant = Of(actions, resource);
        return true;
    }

    /// <summary>What the grant means once the resource's URI is known (docs/command.md).</summary>
    public AuthorizationDetail At(string resourceUri) => AuthorizationDetail.Of(Actions, [resourceUri]);

    /// <inheritdoc/>
    public bool Equals(GrantExpression? other) =>
        other is not null && Resource == other.Resource && Actions.AsSpan().SequenceEqual(other.Actions.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Resource, Actions.Length, Actions[0]);

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Actions) + "@" + Resource;
}
