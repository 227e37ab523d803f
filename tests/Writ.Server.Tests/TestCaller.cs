using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Tests;

/// <summary>
/// A client of the broker with a key: makes assertions and proofs, sends forms and management calls, and does as it is
/// told about nonces. What a test needs to send wrongly, it builds from the parts.
/// </summary>
public sealed class TestCaller
{
    private readonly BrokerTarget _target;
    private string? _nonce;
    private string? _managementToken;

    public TestCaller(TestBroker broker, string id)
        : this(broker.Target, id, ECDsa.Create(ECCurve.NamedCurves.nistP256))
    {
    }

    private TestCaller(BrokerTarget target, string id, ECDsa key)
    {
        _target = target;
        Id = id;
        Key = key;
        PublicKey = Jwk.FromEcdsa(key);
        Signer = new JwsSigner(key, PublicKey.Thumbprint);
    }

    public string Id { get; }

    public ECDsa Key { get; }

    public Jwk PublicKey { get; }

    public JwsSigner Signer { get; }

    /// <summary>The same client, talking to another replica.</summary>
    public TestCaller At(TestBroker broker) => At(broker.Target);

    /// <summary>The same client, talking to a broker in a process of its own.</summary>
    public TestCaller At(BrokerTarget target) => new(target, Id, Key);

    /// <summary>The same client with a key that nobody registered.</summary>
    public TestCaller WithAnotherKey() => new(_target, Id, ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static string Jti() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>A good assertion.</summary>
    public string Assertion() =>
        ClientAssertion.Create(Signer, Id, _target.Issuer, Jti(), _target.Now, TimeSpan.FromMinutes(1));

    /// <summary>A good proof for a request to a path of the issuer.</summary>
    public string Proof(string method, string path, string? accessToken = null) =>
        DpopProof.Create(Key, method, _target.Issuer + path, Jti(), _target.Now, _nonce, accessToken);

    /// <summary>A nonce in time, so that the next proof needs no second try.</summary>
    public void TakeNonce() => _nonce = _target.Nonce?.Invoke() ?? _nonce;

    /// <summary>A client_credentials form with a good assertion; a given parameter replaces the usual one, an empty one
    /// leaves it out.</summary>
    public List<KeyValuePair<string, string>> Form(params (string Name, string Value)[] parameters)
    {
        List<KeyValuePair<string, string>> form =
        [
            new("grant_type", GrantTypes.ClientCredentials),
            new("client_assertion_type", TokenTypeUri.JwtBearerAssertion),
            new("client_assertion", Assertion()),
        ];
        form.RemoveAll(usual => parameters.Any(p => p.Name == usual.Key));
        form.AddRange(parameters.Where(p => p.Value.Length > 0).Select(p => KeyValuePair.Create(p.Name, p.Value)));
        return form;
    }

    /// <summary>Asks for a token.</summary>
    public Task<Reply> TokenAsync(params (string Name, string Value)[] parameters) =>
        PostFormAsync("/oauth/token", parameters);

    /// <summary>Posts a form with a good assertion and proof, once more with a nonce when asked for one.</summary>
    public async Task<Reply> PostFormAsync(string path, params (string Name, string Value)[] parameters)
    {
        var reply = await OnceAsync();
        return reply.Error == "use_dpop_nonce" ? await OnceAsync() : reply;

        Task<Reply> OnceAsync()
        {
            var content = new FormUrlEncodedContent(Form(parameters));
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            request.Headers.Add("DPoP", Proof("POST", path));
            return SendAsync(request);
        }
    }

    /// <summary>Sends a request as it is, and keeps the nonce that the answer brings.</summary>
    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        var reply = await Reply.OfAsync(await _target.Http.SendAsync(request));
        if (reply.Headers.TryGetValues("DPoP-Nonce", out var nonces)) _nonce = nonces.Single();
        return reply;
    }

    /// <summary>Calls the management API with a token for it, which is kept and renewed.</summary>
    public async Task<Reply> CallAsync(HttpMethod method, string path, object? body = null)
    {
        var reply = await CallAsync(method, path, body, await ManagementTokenAsync());
        if (reply.Status != 401 || reply.Code == "use_dpop_nonce") return reply;
        _managementToken = null; // expired, by a clock that was moved
        return await CallAsync(method, path, body, await ManagementTokenAsync());
    }

    /// <summary>Calls the management API with that token.</summary>
    public async Task<Reply> CallAsync(HttpMethod method, string path, object? body, string accessToken)
    {
        var reply = await OnceAsync();
        return reply.Code == "use_dpop_nonce" ? await OnceAsync() : reply;

        Task<Reply> OnceAsync()
        {
            var request = new HttpRequestMessage(method, path);
            request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", accessToken);
            var query = path.IndexOf('?', StringComparison.Ordinal);
            request.Headers.Add("DPoP", Proof(method.Method, query < 0 ? path : path[..query], accessToken));
            if (body is not null)
            {
                var json = body as string ?? JsonSerializer.Serialize(body, Answers.Json);
                request.Content = new StringContent(json, Encoding.UTF8, "application/json");
            }
            return SendAsync(request);
        }
    }

    /// <summary>A management token; like any client, tried again while the replica says that it is blind.</summary>
    public async Task<string> ManagementTokenAsync()
    {
        if (_managementToken is { } known) return known;
        var reply = await TokenAsync(("resource", _target.Issuer));
        for (var tries = 0; reply.Code == "replica_stale" && tries < 50; tries++)
        {
            await Task.Delay(100);
            reply = await TokenAsync(("resource", _target.Issuer));
        }
        return _managementToken = reply.AccessToken;
    }

    public Task<Reply> GetAsync(string path) => CallAsync(HttpMethod.Get, path);

    public Task<Reply> PostAsync(string path, object body) => CallAsync(HttpMethod.Post, path, body);
}
