using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// The OAuth endpoints of one broker, as one client sees them: discovery, client authentication by assertion or by
/// certificate, proofs with the broker's nonce, errors. Owns the transport unless it was given one.
/// </summary>
internal sealed class BrokerConnection : IDisposable
{
    private static readonly TimeSpan AssertionLifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly WritClientOptions _options;
    private readonly HttpMessageHandler? _ownTransport;
    private readonly HttpClient _http;
    private readonly JwsSigner? _assertions; // null: the certificate authenticates
    private readonly SemaphoreSlim _discovering = new(1);
    private volatile BrokerMetadata? _metadata;

    internal BrokerConnection(WritClientOptions options)
    {
        if (!Uri.TryCreate(options.Issuer, UriKind.Absolute, out var issuer) || !SafeOrigin.IsSafe(issuer)
            || options.Issuer.EndsWith('/'))
        {
            throw new ArgumentException(
                "The issuer is an https URL (http on loopback only) without trailing slash.", nameof(options));
        }

        if (options.Key is null == options.Certificate is null)
            throw new ArgumentException("Give either Key or Certificate.", nameof(options));
        if (options.Certificate is { HasPrivateKey: false })
            throw new ArgumentException("The certificate comes without its private key.", nameof(options));

        _options = options;
        Issuer = issuer;
        _ownTransport = options.Handler is null ? SafeOrigin.NewTransport(options.Certificate) : null;
        Transport = SafeOrigin.Checked(options.Handler ?? _ownTransport!);
        _http = new HttpClient(Transport, disposeHandler: false) { Timeout = options.Timeout };
        // Without kid: the broker tries the client's few keys, whatever ids they were registered with.
        _assertions = options.Key is { } key ? new JwsSigner(key, kid: null) : null;
        Proofs = new ProofKey(options.ProofKey, options.Time);
    }

    internal Uri Issuer { get; }

    internal string IssuerText => _options.Issuer;

    internal string ClientId => _options.ClientId;

    internal TimeProvider Time => _options.Time;

    internal ProofKey Proofs { get; }

    /// <summary>The certificate that tokens are bound to (RFC 8705 §3); null: they are bound to <see cref="Proofs"/>.
    /// </summary>
    internal X509Certificate2? BoundTo => _options.ProofKey is null ? _options.Certificate : null;

    internal HttpMessageHandler Transport { get; }

    /// <summary>The broker's metadata, asked for once; a failure is not kept.</summary>
    internal async ValueTask<BrokerMetadata> MetadataAsync(CancellationToken cancel)
    {
        if (_metadata is { } known)
            return known;
        await _discovering.WaitAsync(cancel);
        try
        {
            var json = await GetAsync(new Uri(IssuerText + BrokerMetadata.Path), cancel);
            return _metadata ??= BrokerMetadata.Parse(Issuer, IssuerText, _options.Certificate is not null, json);
        }
        finally
        {
            _discovering.Release();
        }
    }

    /// <summary>Where calls go: to the issuer, known at once; with a certificate to its alias.</summary>
    internal async ValueTask<string> BaseAsync(CancellationToken cancel) =>
        _options.Certificate is null ? IssuerText : SafeOrigin.Of((await MetadataAsync(cancel)).Base);

    /// <summary>Whether a URI lies at the broker's alias for certificates, and the token is for the broker.</summary>
    internal bool IsAlias(Uri resource, Uri target) =>
        _metadata is { } known && resource == Issuer && SafeOrigin.IsWithin(known.Base, target);

    /// <summary>The body of a public document of the broker.</summary>
    internal async Task<byte[]> GetAsync(Uri uri, CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.GetAsync(uri, cancel);
            if (answer.StatusCode != HttpStatusCode.OK)
                throw BrokerErrors.From(answer, await ReadAsync(answer, cancel));
            return await answer.Content.ReadAsByteArrayAsync(cancel);
        }
        catch (Exception e) when (IsOutage(e, cancel))
        {
            throw BrokerErrors.NotReached(SafeOrigin.Of(uri), e);
        }
    }

    /// <summary>Asks the token endpoint; once more, when it says so, where what we hold is dying still: one of our keys
    /// was revoked a moment ago, or what we may have was narrowed.</summary>
    internal async Task<IssuedToken> TokenAsync(
        IReadOnlyCollection<KeyValuePair<string, string>> parameters, CancellationToken cancel)
    {
        using var span = ClientSpans.Start("writ.token");
        try
        {
            var token = await AskAsync(parameters, cancel);
            span?.Tell(true, code: null).SetTag("writ.task", token.TaskId);
            return token;
        }
        catch (WritException e)
        {
            span?.Fail(e);
            throw;
        }
    }

    private async Task<IssuedToken> AskAsync(
        IReadOnlyCollection<KeyValuePair<string, string>> parameters, CancellationToken cancel)
    {
        var endpoint = (await MetadataAsync(cancel)).Token;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var asked = Time.GetUtcNow();
                var answer = await PostAsync(endpoint, parameters, cancel);
                return IssuedToken.Parse(answer ?? throw BrokerErrors.Malformed("no JSON object"), asked, BoundTo);
            }
            catch (WritException e) when (attempt == 1 && e is { Code: "too_soon", RetryAfter: { } pause }
                && pause <= LongestPause)
            {
                await Task.Delay(pause, Time, cancel);
            }
        }
    }

    /// <summary>Posts a form with client authentication; once more when the broker wants its nonce.</summary>
    internal async Task<JsonElement?> PostAsync(
        Uri endpoint, IReadOnlyCollection<KeyValuePair<string, string>> parameters, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var request = Form(endpoint, parameters);
                using var answer = await _http.SendAsync(request, cancel);
                var learnt = Proofs.Learn(endpoint, answer);
                var body = await ReadAsync(answer, cancel);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return body;
                var error = BrokerErrors.From(answer, body);
                if (attempt > 1 || !learnt || error.Reason != "use_dpop_nonce")
                    throw BrokerErrors.WithClient(error, ClientId);
            }
            catch (Exception e) when (IsOutage(e, cancel))
            {
                throw BrokerErrors.NotReached(SafeOrigin.Of(endpoint), e);
            }
        }
    }

    /// <summary>The JSON object of an answer; null when it has none.</summary>
    internal static async Task<JsonElement?> ReadAsync(HttpResponseMessage answer, CancellationToken cancel)
    {
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancel);
        return StrictJson.TryParse(bytes, StrictJson.DefaultMaxDepth * 2, out var body, out _)
            && body.ValueKind == JsonValueKind.Object
            ? body
            : null;
    }

    /// <summary>Whether an exception means that no answer came, and not that our own caller gave up.</summary>
    internal static bool IsOutage(Exception e, CancellationToken cancel) =>
        e is HttpRequestException or IOException
        || (e is OperationCanceledException && !cancel.IsCancellationRequested);

    public void Dispose()
    {
        _http.Dispose();
        _ownTransport?.Dispose();
        _discovering.Dispose();
        Proofs.Dispose();
    }

    // Assertion and proof are made anew for every attempt: their jti are taken once.
    private HttpRequestMessage Form(Uri endpoint, IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new FormUrlEncodedContent([.. parameters, new("client_id", ClientId), .. Assertion()]),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (BoundTo is null)
            request.Headers.Add(ProofKey.HeaderName, Proofs.Prove("POST", endpoint, accessToken: null));
        return request;
    }

    // RFC 8705 §2: with a certificate the client's id says who, and the connection proves it.
    private KeyValuePair<string, string>[] Assertion() => _assertions is null
        ? []
        :
        [
            new("client_assertion_type", TokenTypeUri.JwtBearerAssertion),
            new("client_assertion", ClientAssertion.Create(
                _assertions, ClientId, IssuerText, RandomId.Jti(), Time.GetUtcNow(), AssertionLifetime)),
        ];
}
