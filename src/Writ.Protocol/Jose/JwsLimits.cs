namespace Writ.Protocol;

/// <summary>How large a JWS may be before it is looked at.</summary>
/// <param name="MaxCharacters">Of the whole compact form.</param>
/// <param name="MaxHeaderBytes">Of the decoded header.</param>
/// <param name="MaxDepth">Nesting of header and payload.</param>
public sealed record JwsLimits(int MaxCharacters, int MaxHeaderBytes, int MaxDepth)
{
    /// <summary>For tokens, proofs and assertions: 16 KiB in all, 4 KiB of header, 16 levels.</summary>
    public static JwsLimits Default { get; } = new(16 * 1024, 4 * 1024, StrictJson.DefaultMaxDepth);

    /// <summary>
    /// For the messages of the revocation feed, whose snapshot comes in parts: 8 MiB.
    /// </summary>
    public static JwsLimits Feed { get; } = new(8 * 1024 * 1024, 4 * 1024, StrictJson.DefaultMaxDepth);
}
