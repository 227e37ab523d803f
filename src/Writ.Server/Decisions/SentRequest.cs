using System.Security.Cryptography;

namespace Writ.Server.Decisions;

/// <summary>A management call as it came.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Path">The path, without the query.</param>
/// <param name="Query">The query with its question mark; empty: none.</param>
/// <param name="Body">As much of the body as the endpoint read.</param>
public sealed record SentRequest(string Method, string Path, string Query, ReadOnlyMemory<byte> Body)
{
    public static readonly SentRequest Nothing = new("", "", "", ReadOnlyMemory<byte>.Empty);

    /// <summary>SHA-256, in hex.</summary>
    public string BodyDigest => Convert.ToHexStringLower(SHA256.HashData(Body.Span));
}
