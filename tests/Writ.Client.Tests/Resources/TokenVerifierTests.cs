using System.Collections.Frozen;
using Writ.Protocol;

namespace Writ.Client.Tests;

public sealed class TokenVerifierTests : IDisposable
{
    private static readonly TimeSpan StaleAfter = TimeSpan.FromMilliseconds(500);

    private readonly FakeTime _time = new();
    private readonly Issuer _issuer = new();
    private readonly Holder _holder = new();
    private readonly RevocationView _view;
    private readonly TokenVerifier _verifier;

    public TokenVerifierTests()
    {
        _view = new RevocationView(StaleAfter, TimeSpan.FromSeconds(5), _time);
        _verifier = Verifier(_settings);
        _time.Advance(TimeSpan.FromMinutes(1));
        _view.Apply(Issuer.Nothing());
        Beat();
    }

    private VerifierSettings _settings => new()
    {
        Issuer = _issuer.Url,
        Audiences = new[] { Issuer.Orders }.ToFrozenSet(StringComparer.Ordinal),
    };

    private DateTimeOffset Now => _time.GetUtcNow();

    public void Dispose()
    {
        _issuer.Dispose();
        _holder.Dispose();
    }

    [Fact]
    public void Bound_token_with_its_proof_is_verified()
    {
        var verified = Assert.IsType<Verification.Verified>(_verifier.Verify(Present(Token())));
        Assert.Equal("task-1", verified.Token.Claims.TaskId);
    }

    [Fact]
    public void Cached_token_is_verified_again_with_a_fresh_proof()
    {
        var token = Token();
        Assert.IsType<Verification.Verified>(_verifier.Verify(Present(token)));
        Assert.IsType<Verification.Verified>(_verifier.Verify(Present(token)));
    }

    [Fact]
    public void Stolen_token_without_proof_is_refused() =>
        AssertRefused("proof_missing", Present(Token()) with { Proof = null });

    [Fact]
    public void Stolen_token_with_a_thiefs_proof_is_refused()
    {
        using var thief = new Holder();
        var token = Token();
        AssertRefused("proof_wrong_key", Present(token) with { Proof = thief.Prove(token, Now) });
    }

    [Fact]
    public void Cached_token_with_a_thiefs_proof_is_refused()
    {
        using var thief = new Holder();
        var token = Token();
        _verifier.Verify(Present(token));
        AssertRefused("proof_wrong_key", Present(token) with { Proof = thief.Prove(token, Now) });
    }

    // RFC 9449 §7.1: a bound token under Bearer is a downgrade.
    [Fact]
    public void Bound_token_under_bearer_is_refused() =>
        AssertRefused("wrong_scheme", Present(Token()) with { IsDpop = false, Proof = null });

    // RFC 9449 §4.3, check 8
    [Fact]
    public void Proof_for_another_method_is_refused()
    {
        var token = Token();
        AssertRefused("proof_invalid", Present(token) with { Proof = _holder.Prove(token, Now, method: "POST") });
    }

    // RFC 9449 §4.3, check 9
    [Theory]
    [InlineData("https://orders.example.org/orders/1")]
    [InlineData("https://evil.example.org/orders")]
    [InlineData("http://orders.example.org/orders")]
    public void Proof_for_another_uri_is_refused(string uri)
    {
        var token = Token();
        AssertRefused("proof_invalid", Present(token) with { Proof = _holder.Prove(token, Now, uri: uri) });
    }

    // RFC 9449 §4.3, check 12
    [Fact]
    public void Proof_for_another_token_is_refused() =>
        AssertRefused("proof_invalid", Present(Token()) with { Proof = _holder.Prove(Token(), Now) });

    [Fact]
    public void Replayed_proof_is_refused()
    {
        var presented = Present(Token());
        Assert.IsType<Verification.Verified>(_verifier.Verify(presented));
        AssertRefused("proof_replayed", presented);
    }

    [Fact]
    public void Replayed_proof_is_refused_to_the_end_of_its_life()
    {
        var presented = Present(Token());
        _verifier.Verify(presented);
        for (var seconds = 10; seconds <= 60; seconds += 10)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            Beat();
            AssertRefused("proof_replayed", presented);
        }
    }

    [Fact]
    public void Proof_from_before_the_start_needs_our_nonce()
    {
        var presented = Present(Token());
        var restarted = Verifier(_settings);
        Assert.Equal("use_dpop_nonce", RefusalOf(restarted.Verify(presented)).Code);

        var withNonce = presented with { Proof = _holder.Prove(presented.Token, Now, nonce: restarted.NewNonce()) };
        Assert.IsType<Verification.Verified>(restarted.Verify(withNonce));
    }

    [Fact]
    public void Nonce_of_an_earlier_process_is_refused()
    {
        var nonce = _verifier.NewNonce();
        var restarted = Verifier(_settings with { RequireNonce = true });
        var token = Token();
        var outcome = restarted.Verify(Present(token) with { Proof = _holder.Prove(token, Now, nonce: nonce) });
        Assert.Equal("use_dpop_nonce", RefusalOf(outcome).Code);
    }

    [Fact]
    public void Full_memory_of_proofs_refuses_and_forgets_nothing()
    {
        var small = Verifier(_settings with { MaxRememberedProofs = 2 });
        _time.Advance(TimeSpan.FromSeconds(6));
        Beat();
        var first = Present(Token());
        Assert.IsType<Verification.Verified>(small.Verify(first));
        Assert.IsType<Verification.Verified>(small.Verify(Present(Token())));
        Assert.Equal("too_many_proofs", RefusalOf(small.Verify(Present(Token()))).Code);
        Assert.Equal("proof_replayed", RefusalOf(small.Verify(first)).Code);
    }

    [Fact]
    public void Token_for_another_audience_is_refused() =>
        AssertRefused("wrong_audience", Present(Token(c => c with { Audience = ["https://other.example.org"] })));

    [Fact]
    public void Token_of_another_issuer_is_refused() =>
        AssertRefused("wrong_issuer", Present(Token(c => c with { Issuer = "https://evil.example.org" })));

    [Fact]
    public void Expired_token_is_refused()
    {
        var token = Token();
        _time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(6));
        Beat();
        AssertRefused("token_expired", Present(token));
    }

    [Fact]
    public void Cached_token_is_refused_when_it_expires()
    {
        var token = Token();
        _verifier.Verify(Present(token));
        _time.Advance(TimeSpan.FromMinutes(5) + TimeSpan.FromSeconds(6));
        Beat();
        AssertRefused("token_expired", Present(token));
    }

    [Fact]
    public void Token_from_the_future_is_refused() =>
        AssertRefused("token_expired", Present(Token(c => c with { IssuedAt = Now.AddMinutes(1) })));

    [Fact]
    public void Unbound_token_is_refused() =>
        AssertRefused("token_not_bound", Present(Token(c => c with { Confirmation = null })) with { IsDpop = false });

    [Fact]
    public void Unbound_token_is_taken_where_that_is_allowed()
    {
        var lax = Verifier(_settings with { AllowBearer = true });
        var bearer = Present(Token(c => c with { Confirmation = null })) with { IsDpop = false, Proof = null };
        Assert.IsType<Verification.Verified>(lax.Verify(bearer));
    }

    // RFC 8705 §3
    [Theory]
    [InlineData(null)]
    [InlineData("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA")]
    public void Certificate_bound_token_without_its_certificate_is_refused(string? thumbprint) =>
        AssertRefused("certificate_mismatch", Certified(thumbprint));

    [Fact]
    public void Certificate_bound_token_with_its_certificate_is_verified() =>
        Assert.IsType<Verification.Verified>(
            _verifier.Verify(Certified("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")));

    [Fact]
    public void Token_signed_by_the_feed_key_is_not_verified()
    {
        var claims = _issuer.Claims(Now, _holder.Binding);
        var forged = _issuer.Feed.Sign(AccessTokenClaims.Typ, claims.ToPayload());
        Assert.IsType<Verification.UnknownKey>(_verifier.Verify(Present(forged)));
    }

    [Fact]
    public void Token_signed_by_a_stranger_under_our_kid_is_refused()
    {
        using var stranger = new Issuer();
        AssertRefused("token_signature_invalid", Present(stranger.Sign(_issuer.Claims(Now, _holder.Binding))));
    }

    // RFC 8725 §3.11
    [Theory]
    [InlineData("JWT")]
    [InlineData("dpop+jwt")]
    [InlineData("writ-feed+jwt")]
    public void Token_of_another_type_is_refused(string typ)
    {
        var claims = _issuer.Claims(Now, _holder.Binding);
        AssertRefused("token_malformed", Present(_issuer.Tokens.Sign(typ, claims.ToPayload())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public void Garbage_is_refused(string token)
    {
        var outcome = _verifier.Verify(Present(Token()) with { Token = token });
        Assert.Contains(RefusalOf(outcome).Code, (string[])["token_malformed", "token_signature_invalid"]);
    }

    [Fact]
    public void Cached_token_is_refused_once_its_task_is_revoked()
    {
        var token = Token();
        Assert.IsType<Verification.Verified>(_verifier.Verify(Present(token)));
        _view.Apply(Issuer.Revoke(RevocationHandle.Task("task-1")));
        AssertRefused("token_revoked", Present(token));
    }

    [Theory]
    [InlineData("sub", "spiffe://example.org/agent/billing")]
    [InlineData("sub", "spiffe://example.org/agent/helper")]
    [InlineData("txn", "task-parent")]
    [InlineData("jti", "parent-token")]
    [InlineData("kid", "t1")]
    public void Every_handle_of_a_token_kills_it(string kind, string value)
    {
        var token = Token(c => c with
        {
            Actors = ActorChain.Of("spiffe://example.org/agent/helper"),
            Ancestors = TokenAncestors.Of(["parent-token"], ["task-parent"]),
        });
        Assert.IsType<Verification.Verified>(_verifier.Verify(Present(token)));
        _view.Apply(Issuer.Revoke(new RevocationHandle(kind, value)));
        AssertRefused("token_revoked", Present(token));
    }

    [Fact]
    public void Silent_feed_makes_the_verifier_stale()
    {
        var token = Token();
        _time.Advance(StaleAfter + TimeSpan.FromMilliseconds(1));
        Assert.IsType<Verification.Stale>(_verifier.Verify(Present(token)));
    }

    [Fact]
    public void Revoked_token_is_refused_even_when_stale()
    {
        _view.Apply(Issuer.Revoke(RevocationHandle.Task("task-1")));
        _time.Advance(TimeSpan.FromSeconds(2));
        AssertRefused("token_revoked", Present(Token()));
    }

    [Fact]
    public void Full_cache_of_tokens_begins_again()
    {
        var small = Verifier(_settings with { MaxCachedTokens = 2 });
        _time.Advance(TimeSpan.FromSeconds(6));
        Beat();
        for (var i = 0; i < 10; i++)
            Assert.IsType<Verification.Verified>(small.Verify(Present(Token())));
    }

    private TokenVerifier Verifier(VerifierSettings settings) =>
        new(settings, KeyRing.Of(_issuer.Tokens.PublicKey), _view, _time);

    private void Beat() => _view.Apply(new RevocationFeedMessage.Heartbeat("e1", _view.Set.Index, Now));

    private string Token(Func<AccessTokenClaims, AccessTokenClaims>? change = null)
    {
        var claims = _issuer.Claims(Now, _holder.Binding);
        return _issuer.Sign(change is null ? claims : change(claims));
    }

    private PresentedToken Present(string token) => new()
    {
        Token = token,
        IsDpop = true,
        Method = "GET",
        Uri = Issuer.Orders + "/orders",
        Proof = _holder.Prove(token, Now),
    };

    private PresentedToken Certified(string? thumbprint)
    {
        var binding = new Confirmation.X5t("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        return Present(Token(c => c with { Confirmation = binding })) with
        {
            IsDpop = false,
            Proof = null,
            CertificateThumbprint = thumbprint,
        };
    }

    private void AssertRefused(string code, PresentedToken presented) =>
        Assert.Equal(code, RefusalOf(_verifier.Verify(presented)).Code);

    private static TokenRefusal RefusalOf(Verification outcome) =>
        Assert.IsType<Verification.Refused>(outcome).Refusal;
}
