using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>The registered name of a resource: <c>[a-z0-9][a-z0-9._-]{0,127}</c>.</summary>
public sealed record ResourceName
{
    /// <summary>The longest name.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");

    private ResourceName(string value) => Value = value;

    /// <summary>The name itself.</summary>
    public string Value { get; }

    /// <summary>Reads a name.</summary>
    /// <exception cref="FormatException">The text is no resource name.</exception>
    public static ResourceName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException("Not a resource name.");

    /// <summary>Reads a name.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ResourceName? name)
    {
        name = IsName(text) ? new ResourceName(text!) : null;
        return name is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength
        && (char.IsAsciiLetterLower(text[0]) || char.IsAsciiDigit(text[0]))
        && !text.ContainsAnyExcept(Allowed);
}
