namespace Writ.Protocol;

/// <summary>What a DPoP proof must fit (RFC 9449 §4.3).</summary>
/// <param name="Method">The HTTP method of the request.</param>
/// <param name="Uri">
/// The request's URI, from configuration and not from <c>Host</c>; query and fragment do not count.
/// </param>
/// <param name="Now">The present moment.</param>
/// <param name="MaxAge">How old a proof may be.</param>
/// <param name="Skew">How far two clocks may differ.</param>
/// <param name="AccessToken">The token that comes with the proof; null at the token endpoint.</param>
/// <param name="NonceIsValid">Judges the nonce; null when none is required, and then a nonce is not looked at.</param>
/// <param name="Keys">Keys ready for use; null imports the proof's key each time.</param>
public sealed record DpopExpectation(
    string Method,
    string Uri,
    DateTimeOffset Now,
    TimeSpan MaxAge,
    TimeSpan Skew,
    string? AccessToken,
    Func<string, bool>? NonceIsValid,
    VerificationKeyCache? Keys)
{
    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"{Method} {Uri}";
}
