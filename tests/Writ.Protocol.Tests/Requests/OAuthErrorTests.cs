namespace Writ.Protocol.Tests;

// RFC 6749 §5.2
public sealed class OAuthErrorTests
{
    [Fact]
    public void The_description_keeps_to_the_characters_that_the_rfc_allows()
    {
        var error = OAuthError.InvalidRequest("a \"quote\", a back\\slash, a\nline, an é and a \0");
        Assert.Equal("a 'quote', a back/slash, a?line, an ? and a ?", error.Description);
    }

    [Fact]
    public void Each_error_has_its_code_and_status()
    {
        (OAuthError Error, string Code, int Status)[] expected =
        [
            (OAuthError.InvalidRequest("d"), "invalid_request", 400),
            (OAuthError.InvalidClient("d"), "invalid_client", 401),
            (OAuthError.InvalidGrant("d"), "invalid_grant", 400),
            (OAuthError.UnsupportedGrantType("d"), "unsupported_grant_type", 400),
            (OAuthError.InvalidScope("d"), "invalid_scope", 400),
            (OAuthError.InvalidTarget("d"), "invalid_target", 400),
            (OAuthError.InvalidAuthorizationDetails("d"), "invalid_authorization_details", 400),
            (OAuthError.InvalidDpopProof("d"), "invalid_dpop_proof", 400),
            (OAuthError.UseDpopNonce(), "use_dpop_nonce", 400),
            (OAuthError.InvalidToken("d"), "invalid_token", 401),
            (OAuthError.InsufficientScope("d"), "insufficient_scope", 403),
            (OAuthError.TemporarilyUnavailable("d"), "temporarily_unavailable", 503),
        ];
        foreach (var (error, code, status) in expected)
            Assert.Equal((code, status), (error.Code, error.Status));
        Assert.Equal(401, OAuthError.UseDpopNonce().WithStatus(401).Status);
    }
}
