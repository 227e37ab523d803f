namespace Writ.Protocol;

/// <summary>
/// Verifies a JWS with the key in its own header. That proves possession of the key and nothing else, so only formats
/// that mean just that (DPoP proofs, exchange tickets) come here; the caller compares the thumbprint.
/// </summary>
internal static class EmbeddedKey
{
    /// <summary>Null and a token, or the reason in fixed words.</summary>
    internal static string? TryVerify(
        UnverifiedJws jws, string typ, VerificationKeyCache? keys, out JwsToken? token)
    {
        token = null;
        if (!jws.Header.HasType(typ))
            return JoseError.WrongType.Description;
        if (!JwsAlgorithms.IsKnown(jws.Header.Alg))
            return JoseError.AlgorithmNotAllowed.Description;
        if (jws.Header.JwkUnverified is not { } element)
            return "the header holds no jwk";
        if (keys is not null)
        {
            return keys.TryGetPublic(element, out var known, out var fault)
                ? Verify(jws, known, typ, out token)
                : fault;
        }

        if (!Jwk.TryParsePublic(element, out var jwk, out var keyError))
            return keyError;
        using var once = new VerificationKey(jwk);
        return Verify(jws, once, typ, out token);
    }

    private static string? Verify(UnverifiedJws jws, VerificationKey key, string typ, out JwsToken? token) =>
        jws.TryVerify(key, JwsAlgorithms.All, typ, out token, out var error) ? null : error.Description;
}
