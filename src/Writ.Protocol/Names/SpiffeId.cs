using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>
/// A SPIFFE ID: <c>spiffe://example.org/agent/billing</c>. Checked as SPIFFE-ID §2 says, compared as text.
/// </summary>
public sealed record SpiffeId
{
    /// <summary>Every implementation must support this many bytes; we neither make nor take more (§2.3).</summary>
    public const int MaxLength = 2048;

    private const string Scheme = "spiffe://";

    private static readonly SearchValues<char> SegmentCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

    private readonly string _text;

    private SpiffeId(TrustDomain domain, string path)
    {
        TrustDomain = domain;
        Path = path;
        _text = string.Concat(Scheme, domain.Name, path);
    }

    /// <summary>The authority that the id belongs to.</summary>
    public TrustDomain TrustDomain { get; }

    /// <summary>
    /// The path with its leading slash (<c>/agent/billing</c>), or empty for the trust domain itself.
    /// </summary>
    public string Path { get; }

    /// <summary>Builds an id from path segments.</summary>
    /// <exception cref="FormatException">A segment is not allowed in a SPIFFE path, or the id is too long.</exception>
    public static SpiffeId Of(TrustDomain domain, params ReadOnlySpan<string> segments)
    {
        var path = segments.IsEmpty ? "" : "/" + string.Join('/', segments);
        foreach (var segment in segments)
        {
            if (!IsSegment(segment))
                throw new FormatException("Not a SPIFFE path segment.");
        }

        return Fits(domain, path)
            ? new SpiffeId(domain, path)
            : throw new FormatException("A SPIFFE ID has at most 2048 characters.");
    }

    /// <summary>Reads an id.</summary>
    /// <exception cref="FormatException">The text is no SPIFFE ID.</exception>
    public static SpiffeId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException("Not a SPIFFE ID.");

    /// <summary>Reads an id. The scheme and the trust domain must already be in lower case (§2.1).</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out SpiffeId? id)
    {
        id = null;
        if (text is null || text.Length > MaxLength || !text.StartsWith(Scheme, StringComparison.Ordinal))
            return false;

        var slash = text.IndexOf('/', Scheme.Length);
        var name = slash < 0 ? text[Scheme.Length..] : text[Scheme.Length..slash];
        var path = slash < 0 ? "" : text[slash..];
        if (!TrustDomain.TryParse(name, out var domain) || !IsPath(path))
            return false;

        id = new SpiffeId(domain, path);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static bool Fits(TrustDomain domain, string path) =>
        Scheme.Length + domain.Name.Length + path.Length <= MaxLength;

    // §2.2: no empty or relative segment, no trailing slash, nothing percent-encoded.
    private static bool IsPath(ReadOnlySpan<char> path)
    {
        if (path.IsEmpty)
            return true;

        foreach (var range in path[1..].Split('/'))
        {
            if (!IsSegment(path[1..][range]))
                return false;
        }

        return true;
    }

    private static bool IsSegment(ReadOnlySpan<char> segment) =>
        !segment.IsEmpty && segment is not ("." or "..") && !segment.ContainsAnyExcept(SegmentCharacters);
}
