using System.Text;

namespace Writ.Protocol.Tests;

// RFC 6749 §3.2, §3.3, §4.4, §5.2, §6; RFC 8693 §2.1; RFC 8707 §2; RFC 9396 §5
public sealed class TokenRequestTests
{
    private const string Exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string Access = "urn:ietf:params:oauth:token-type:access_token";

    [Fact]
    public void Client_credentials_with_everything()
    {
        var request = Assert.IsType<TokenRequest.ClientCredentials>(Parsed(
            ("grant_type", "client_credentials"),
            ("client_id", "spiffe://example.org/agent/billing"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", "a.b.c"),
            ("resource", "https://shop.example/"),
            ("resource", "https://stock.example/"),
            ("resource", "https://shop.example/"),
            ("audience", "shop"),
            ("scope", "orders:read orders:list,orders:pay@shop"),
            ("authorization_details",
                """[{"type":"writ_access","actions":["orders:read"],"locations":["https://shop.example/"]}]"""),
            ("task", "k1"),
            ("may_act", "spiffe://example.org/agent/mailer")));
        Assert.Equal("client_credentials", request.GrantType);
        Assert.Equal("spiffe://example.org/agent/billing", request.Client.ClientId);
        Assert.Equal("a.b.c", request.Client.ClientAssertion);
        Assert.Null(request.Client.ClientSecret);
        Assert.Equal(["https://shop.example/", "https://stock.example/"], request.Resources);
        Assert.Equal(["shop"], request.Audiences);
        Assert.Equal("orders:read", Assert.Single(request.Scope!.Actions).Value);
        Assert.Equal("orders:list,orders:pay@shop", Assert.Single(request.Scope.Grants).ToString());
        Assert.Equal("orders:read", request.AuthorizationDetails!.Scope);
        Assert.Equal(("k1", "spiffe://example.org/agent/mailer"), (request.TaskId, request.MayAct));
    }

    [Fact]
    public void Client_credentials_with_nothing_else()
    {
        var request = Assert.IsType<TokenRequest.ClientCredentials>(Parsed(("grant_type", "client_credentials")));
        Assert.Equal(ClientCredentialsInBody.None, request.Client);
        Assert.Empty(request.Resources);
        Assert.Empty(request.Audiences);
        Assert.Null(request.Scope ?? (object?)request.AuthorizationDetails ?? request.TaskId ?? request.MayAct);
    }

    [Fact]
    public void Token_exchange()
    {
        var request = Assert.IsType<TokenRequest.TokenExchange>(Parsed(
            ("grant_type", Exchange),
            ("subject_token", "s"),
            ("subject_token_type", Access),
            ("actor_token", "a"),
            ("actor_token_type", Access),
            ("requested_token_type", Access),
            ("ticket", "t")));
        Assert.Equal(
            new TokenRequest.TokenExchange("s", Access, "a", Access, Access, "t").ToString(), request.ToString());
        Assert.Equal(
            ("s", Access, "a", Access, Access, "t"),
            (request.SubjectToken, request.SubjectTokenType, request.ActorToken, request.ActorTokenType,
                request.RequestedTokenType, request.Ticket));
    }

    [Fact]
    public void Refresh_token_and_authorization_code()
    {
        var refresh = Parsed(("grant_type", "refresh_token"), ("refresh_token", "r"));
        Assert.Equal("r", Assert.IsType<TokenRequest.RefreshToken>(refresh).Token);

        var verifier = new string('v', 43);
        var code = Assert.IsType<TokenRequest.AuthorizationCode>(Parsed(
            ("grant_type", "authorization_code"),
            ("code", "c"),
            ("redirect_uri", "http://127.0.0.1/cb"),
            ("code_verifier", verifier)));
        Assert.Equal(("c", "http://127.0.0.1/cb", verifier), (code.Code, code.RedirectUri, code.CodeVerifier));
        Assert.Equal("invalid_request", Failed("grant_type=authorization_code&code=c").Code);
        Assert.Equal("invalid_request", Failed("grant_type=authorization_code&code=c&code_verifier=short").Code);
    }

    [Theory]
    [InlineData("", "invalid_request")]
    [InlineData("grant_type=", "invalid_request")]
    [InlineData("grant_type=password&username=a&password=b", "unsupported_grant_type")]
    [InlineData("grant_type=implicit", "unsupported_grant_type")]
    [InlineData("grant_type=CLIENT_CREDENTIALS", "unsupported_grant_type")]
    [InlineData("grant_type=refresh_token", "invalid_request")]
    [InlineData("grant_type=refresh_token&refresh_token=", "invalid_request")]
    [InlineData("grant_type=" + Exchange, "invalid_request")]
    [InlineData("grant_type=" + Exchange + "&subject_token=a", "invalid_request")]
    [InlineData("grant_type=" + Exchange + "&subject_token_type=a", "invalid_request")]
    [InlineData("grant_type=" + Exchange + "&subject_token=a&subject_token_type=b&actor_token=c", "invalid_request")]
    [InlineData("grant_type=" + Exchange + "&subject_token=a&subject_token_type=b&actor_token_type=c",
        "invalid_request")]
    [InlineData("grant_type=client_credentials&scope=orders", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=orders:read++orders:list", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=+orders:read", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=orders:read+", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=*", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=orders:read@", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=%22", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=openid", "invalid_scope")]
    [InlineData("grant_type=client_credentials&resource=shop", "invalid_target")]
    [InlineData("grant_type=client_credentials&resource=/shop", "invalid_target")]
    [InlineData("grant_type=client_credentials&resource=https://a.example/%23x", "invalid_target")]
    [InlineData("grant_type=client_credentials&audience=a+b", "invalid_target")]
    [InlineData("grant_type=client_credentials&authorization_details=%7B%7D", "invalid_authorization_details")]
    [InlineData("grant_type=client_credentials&authorization_details=x", "invalid_authorization_details")]
    [InlineData("grant_type=client_credentials&authorization_details=[1]", "invalid_authorization_details")]
    [InlineData("grant_type=client_credentials&client_assertion=a.b.c", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_assertion_type=x", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_assertion=a&client_assertion_type=x", "invalid_client")]
    [InlineData("grant_type=client_credentials&task=a+b", "invalid_request")]
    [InlineData("grant_type=client_credentials&may_act=a+b", "invalid_request")]
    public void Each_fault_gets_the_error_of_its_rfc(string form, string code) => Assert.Equal(code, Failed(form).Code);

    [Fact]
    public void Two_ways_of_authentication_at_once_are_refused() =>
        Assert.Equal("invalid_request", Failed(Form(
            ("grant_type", "client_credentials"),
            ("client_secret", "s"),
            ("client_assertion", "a.b.c"),
            ("client_assertion_type", TokenTypeUri.JwtBearerAssertion))).Code);

    [Theory]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials")]
    [InlineData("grant_type=client_credentials&scope=a:b&scope=a:b")]
    [InlineData("grant_type=client_credentials&scope=&scope=a:b")]
    [InlineData("grant_type=client_credentials&unknown=1&unknown=2")]
    [InlineData("grant_type=client_credentials&client%5Fid=a&client_id=b")]
    public void A_repeated_parameter_is_refused(string form) =>
        Assert.Equal("duplicate_parameter", Failed(form).Detail);

    [Theory]
    [InlineData("grant_type=client_credentials&x=%")]
    [InlineData("grant_type=client_credentials&x=%4")]
    [InlineData("grant_type=client_credentials&x=%zz")]
    [InlineData("grant_type=client_credentials&x=%u0041")]
    [InlineData("grant_type=client_credentials&x=%ff")]
    [InlineData("grant_type=client_credentials&x=%c0%80")]
    [InlineData("grant_type=client_credentials&x=%ed%a0%80")]
    [InlineData("grant_type=client_credentials&x=%00")]
    [InlineData("grant_type=client_credentials&x=%0a")]
    [InlineData("grant_type=client_credentials&x=%7f")]
    [InlineData("grant_type=client_credentials&x=%c2%85")]
    [InlineData("grant_type=client_credentials&x=a b")]
    [InlineData("grant_type=client_credentials&x=a\nb")]
    [InlineData("grant_type=client_credentials&x=\u00e4")]
    [InlineData("grant_type=client_credentials&x=\ud800")]
    [InlineData("grant_type=client_credentials&=x")]
    [InlineData("grant_type=client_credentials&%00=x")]
    [InlineData("grant_type=client_credentials\0")]
    [InlineData("""{"grant_type":"client_credentials"} """)]
    public void What_is_not_properly_encoded_is_refused(string form) =>
        Assert.Equal("bad_encoding", Failed(form).Detail);

    [Fact]
    public void Json_is_no_form() =>
        Assert.Equal("invalid_request", Failed("""{"grant_type":"client_credentials"}""").Code);

    [Fact]
    public void Unknown_and_empty_parameters_are_ignored()
    {
        var request = Parsed("grant_type=client_credentials&foo=%F0%9F%98%80&scope=&resource=&&client_id=&");
        Assert.Null(request.Scope);
        Assert.Null(request.Client.ClientId);
        Assert.Empty(request.Resources);
    }

    [Fact]
    public void Size_and_count_are_bounded()
    {
        Assert.Equal("body_too_large", Failed("grant_type=client_credentials&x=" + new string('a', 16 * 1024)).Detail);
        var many = string.Join('&', Enumerable.Range(0, 70).Select(i => $"p{i}=1"));
        Assert.Equal("too_many_parameters", Failed("grant_type=client_credentials&" + many).Detail);
        var targets = string.Join('&', Enumerable.Range(0, 33).Select(i => $"resource=https://{i}.example"));
        Assert.Equal("invalid_target", Failed("grant_type=client_credentials&" + targets).Code);
    }

    [Fact]
    public void Pretty_printed_authorization_details_are_read()
    {
        var request = Parsed(
            ("grant_type", "client_credentials"),
            ("authorization_details",
                "[\r\n\t{\"type\":\"writ_access\",\"actions\":[\"a:b\"],\"locations\":[\"https://a.example\"]}\n]"));
        Assert.False(request.AuthorizationDetails!.IsEmpty);
    }

    [Fact]
    public void Nothing_secret_is_printed()
    {
        var request = Parsed(
            ("grant_type", Exchange),
            ("subject_token", "hunter2"),
            ("subject_token_type", Access),
            ("actor_token", "hunter2"),
            ("actor_token_type", Access),
            ("ticket", "hunter2"),
            ("client_id", "c"),
            ("client_secret", "hunter2"));
        Assert.DoesNotContain("hunter2", $"{request} {request.Client}", StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", $"{new TokenRequestOutcome.Parsed(request)}", StringComparison.Ordinal);
        var introspection = IntrospectionRequest.Parse("token=hunter2&client_secret=hunter2"u8, out _);
        var revocation = RevocationRequest.Parse("token=hunter2"u8, out _);
        Assert.DoesNotContain("hunter2", $"{introspection} {revocation}", StringComparison.Ordinal);
    }

    // RFC 8693 §2.3: subject_token without an actor, one resource.
    [Fact]
    public void The_example_of_rfc8693_is_read()
    {
        if (!Vectors.TryRead("oauth/rfc8693/section-2.3.json", out var example))
            return;
        var request = Assert.IsType<TokenRequest.TokenExchange>(
            Parsed(example.GetProperty("request").GetProperty("body").GetString()!));
        Assert.Equal("accVkjcJyb4BWCxGsndESCJQbdFMogUC5PbRDqceLTC", request.SubjectToken);
        Assert.Equal(TokenTypeUri.AccessToken, request.SubjectTokenType);
        Assert.Equal(["https://backend.example.com/api"], request.Resources);
        Assert.Null(request.ActorToken);
    }

    // Every form body printed in the specifications is decoded; what is wrong with one is never its encoding.
    [Fact]
    public void The_forms_of_the_specifications_are_decoded()
    {
        if (!Vectors.TryRead("oauth/examples.json", out var examples))
            return;

        var seen = 0;
        foreach (var text in examples.EnumerateArray().Select(e => e.GetProperty("text").GetString()!))
        {
            var body = text.Split("\n\n", 2) is [var head, var rest]
                && head.Contains("x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
                ? string.Concat(rest.Split('\n').Select(line => line.Trim().TrimEnd('\\')))
                : "";
            if (!body.Contains("grant_type=", StringComparison.Ordinal)
                || body.Contains("...", StringComparison.Ordinal))
                continue;
            seen++;
            if (TokenRequest.Parse(body) is TokenRequestOutcome.Failed failed)
                Assert.NotEqual("bad_encoding", failed.Error.Detail);
        }

        Assert.True(seen >= 5, $"{seen} forms found");
    }

    [Fact]
    public void Introspection_and_revocation_need_a_token()
    {
        var introspection = IntrospectionRequest.Parse("token=t&token_type_hint=access_token&client_id=c"u8, out _);
        Assert.Equal(("t", "access_token", "c"),
            (introspection!.Token, introspection.TokenTypeHint, introspection.Client.ClientId));
        Assert.Null(IntrospectionRequest.Parse("token_type_hint=access_token"u8, out var error));
        Assert.Equal("invalid_request", error!.Code);
        Assert.Null(IntrospectionRequest.Parse("token=a&token=b"u8, out _));
        Assert.Equal("t", RevocationRequest.Parse("token=t"u8, out _)!.Token);
        Assert.Null(RevocationRequest.Parse("token="u8, out _));
        Assert.Null(RevocationRequest.Parse("token=%00"u8, out _));
    }

    private static string Form(params (string Name, string Value)[] parameters) => string.Join(
        '&', parameters.Select(p => Uri.EscapeDataString(p.Name) + "=" + Uri.EscapeDataString(p.Value)));

    private static TokenRequest Parsed(params (string Name, string Value)[] parameters) => Parsed(Form(parameters));

    private static TokenRequest Parsed(string form)
    {
        var outcome = TokenRequest.Parse(form);
        Assert.Equal(outcome.GetType(), TokenRequest.Parse(Encoding.UTF8.GetBytes(form)).GetType());
        return outcome is TokenRequestOutcome.Failed failed
            ? throw new InvalidOperationException($"{failed.Error.Code}: {failed.Error.Description}")
            : ((TokenRequestOutcome.Parsed)outcome).Request;
    }

    private static OAuthError Failed(string form) =>
        Assert.IsType<TokenRequestOutcome.Failed>(TokenRequest.Parse(form)).Error;
}
