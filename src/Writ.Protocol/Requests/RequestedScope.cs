using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>
/// A <c>scope</c> parameter (RFC 6749 §3.3), each of whose tokens is an action (<c>orders:read</c>, at every requested
/// audience) or a grant (<c>orders:read,orders:list@shop</c>).
/// </summary>
public sealed record RequestedScope
{
    private const int MaxTokens = 64;

    private RequestedScope(string text, ImmutableArray<ActionName> actions, ImmutableArray<GrantExpression> grants)
    {
        Text = text;
        Actions = actions;
        Grants = grants;
    }

    /// <summary>The parameter as sent.</summary>
    public string Text { get; }

    /// <summary>Actions without a resource, distinct, in order of appearance.</summary>
    public ImmutableArray<ActionName> Actions { get; }

    /// <summary>Actions with their resource, distinct, in order of appearance.</summary>
    public ImmutableArray<GrantExpression> Grants { get; }

    /// <summary>Reads a scope: tokens parted by single spaces.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RequestedScope? scope)
    {
        scope = null;
        if (string.IsNullOrEmpty(text))
            return false;
        var tokens = text.Split(' ');
        if (tokens.Length > MaxTokens)
            return false;

        var actions = new List<ActionName>();
        var grants = new List<GrantExpression>();
        foreach (var token in tokens)
        {
            if (ActionName.TryParse(token, out var action))
                actions.Add(action);
            else if (GrantExpression.TryParse(token, out var grant))
                grants.Add(grant);
            else
                return false;
        }

        scope = new RequestedScope(text, [.. actions.Distinct()], [.. grants.Distinct()]);
        return true;
    }

    /// <inheritdoc/>
    public bool Equals(RequestedScope? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Text;
}
