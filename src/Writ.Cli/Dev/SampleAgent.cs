using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Writ.Cli.Profiles;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Dev;

/// <summary>
/// One agent of the sample. It calls the API by hand, proof and all, so that one can also try what the SDK would not
/// send: a dead token, or a stolen one.
/// </summary>
internal sealed class SampleAgent : IDisposable
{
    private readonly ECDsa _key;
    private readonly ECDsa _proofKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private readonly TimeProvider _time;
    private string? _nonce; // the last that the API gave (RFC 9449 §8.2); the sample makes one call at a time

    public SampleAgent(string name, DevStage stage, TimeProvider time)
    {
        Name = name[(name.LastIndexOf('/') + 1)..];
        Id = stage.IdOf(name);
        _time = time;
        _key = AgentKey.Load(stage.Folder.KeyFile(name));
        Client = new WritClient(new WritClientOptions
        {
            Issuer = stage.Issuer,
            ClientId = Id,
            Key = _key,
            ProofKey = _proofKey,
            Time = time,
            Timeout = Session.Patience,
        });
    }

    public string Name { get; }

    public string Id { get; }

    public WritClient Client { get; }

    /// <summary>Calls the API with a token, proving the key of this agent, whoever's the token is.</summary>
    public async Task<HttpResponseMessage> CallAsync(
        HttpMethod method, string url, IssuedToken token, CancellationToken cancel)
    {
        var answer = await SendAsync(method, url, token, cancel);
        if (answer.StatusCode != HttpStatusCode.Unauthorized || !WantsNonce(answer))
            return answer;
        answer.Dispose();
        return await SendAsync(method, url, token, cancel);
    }

    public void Dispose()
    {
        Client.Dispose();
        _http.Dispose();
        _proofKey.Dispose();
        _key.Dispose();
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string url, IssuedToken token, CancellationToken cancel)
    {
        var jti = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token.Value);
        request.Headers.Add(
            "DPoP", DpopProof.Create(_proofKey, method.Method, url, jti, _time.GetUtcNow(), _nonce, token.Value));
        var answer = await _http.SendAsync(request, cancel);
        if (answer.Headers.TryGetValues("DPoP-Nonce", out var nonces))
            _nonce = nonces.Last();
        return answer;
    }

    private static bool WantsNonce(HttpResponseMessage answer) =>
        answer.Headers.WwwAuthenticate.Any(challenge =>
            challenge.Parameter?.Contains("use_dpop_nonce", StringComparison.Ordinal) is true);
}
