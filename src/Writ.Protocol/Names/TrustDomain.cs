using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>The name of one authority, as in SPIFFE-ID §2.1: the host of every <see cref="SpiffeId"/> in it.</summary>
public sealed record TrustDomain
{
    /// <summary>RFC 3986 bounds a host at 255 characters (SPIFFE-ID §2.3).</summary>
    public const int MaxLength = 255;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789.-_");

    private TrustDomain(string name) => Name = name;

    /// <summary>The bare name: <c>example.org</c>.</summary>
    public string Name { get; }

    /// <summary>The id of the trust domain itself: <c>spiffe://example.org</c>.</summary>
    public SpiffeId Root() => SpiffeId.Of(this);

    /// <summary>Reads a bare name.</summary>
    /// <exception cref="FormatException">The text is no trust domain name.</exception>
    public static TrustDomain Parse(string text) =>
        TryParse(text, out var domain) ? domain : throw new FormatException("Not a SPIFFE trust domain name.");

    /// <summary>
    /// Reads a bare name (no scheme, no path): lower-case letters, digits, dots, dashes, underscores.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TrustDomain? domain)
    {
        domain = IsName(text) ? new TrustDomain(text!) : null;
        return domain is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && !text.ContainsAnyExcept(Allowed);
}
