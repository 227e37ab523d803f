using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>What may be done: <c>noun:verb</c>, each <c>[a-z][a-z0-9._-]{0,63}</c>. Ordered by ordinal text.</summary>
public sealed record ActionName : IComparable<ActionName>
{
    /// <summary>The longest noun, and the longest verb.</summary>
    public const int MaxPartLength = 64;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");

    private ActionName(string value) => Value = value;

    /// <summary>The whole name: <c>orders:read</c>.</summary>
    public string Value { get; }

    /// <summary>What is acted upon: <c>orders</c>.</summary>
    public ReadOnlySpan<char> Noun => Value.AsSpan(0, Value.IndexOf(':'));

    /// <summary>What is done: <c>read</c>.</summary>
    public ReadOnlySpan<char> Verb => Value.AsSpan(Value.IndexOf(':') + 1);

    /// <summary>Reads a name.</summary>
    /// <exception cref="FormatException">The text is no <c>noun:verb</c>.</exception>
    public static ActionName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException("Not an action: expected noun:verb.");

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ActionName? name)
    {
        name = IsName(text) ? new ActionName(text!) : null;
        return name is not null;
    }

    /// <inheritdoc/>
    public int CompareTo(ActionName? other) => string.CompareOrdinal(Value, other?.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Ordinal order.</summary>
    public static bool operator <(ActionName left, ActionName right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator <=(ActionName left, ActionName right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >(ActionName left, ActionName right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order.</summary>
    public static bool operator >=(ActionName left, ActionName right) => left.CompareTo(right) >= 0;

    private static bool IsName(ReadOnlySpan<char> text)
    {
        var colon = text.IndexOf(':');
        return colon >= 0 && IsPart(text[..colon]) && IsPart(text[(colon + 1)..]);
    }

    private static bool IsPart(ReadOnlySpan<char> part) =>
        part.Length is > 0 and <= MaxPartLength
        && char.IsAsciiLetterLower(part[0])
        && !part.ContainsAnyExcept(Allowed);
}
