using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// The management API (<c>/v1/*</c>) under one identity's or operator's own token, which is fetched, renewed and bound
/// as any other. Thread-safe.
/// </summary>
public sealed class ManagementApi : IDisposable
{
    private readonly BrokerConnection _broker;
    private readonly TokenCache _tokens;
    private readonly HttpMessageInvoker _http;
    private readonly TimeSpan _timeout;

    internal ManagementApi(BrokerConnection broker, WritClientOptions options, string? scope)
    {
        _broker = broker;
        _timeout = options.Timeout;
        _tokens = new TokenCache(
            cancel => broker.TokenAsync(
            [
                new("grant_type", GrantTypes.ClientCredentials),
                new("resource", broker.IssuerText),
                .. scope is null ? Enumerable.Empty<KeyValuePair<string, string>>() : [new("scope", scope)],
            ],
            cancel),
            broker.Time,
            options.RefreshAhead);
        _http = new HttpMessageInvoker(new BoundTokenHandler(_tokens, broker));
    }

    /// <summary>Sends one request and reads its answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query from the root: <c>/v1/tasks?status=open</c>.</param>
    /// <param name="body">The JSON body; null for none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The JSON object of the answer; null when it has no body.</returns>
    /// <exception cref="WritException">Refused, or not reached.</exception>
    public Task<JsonElement?> SendAsync(
        HttpMethod method, string path, JsonNode? body = null, CancellationToken cancel = default) =>
        SendAsync(method, path, body, approval: null, cancel);

    /// <summary>Reads what is no JSON.</summary>
    /// <param name="path">Path and query from the root: <c>/log/tile/entries/000</c>.</param>
    /// <param name="most">How many bytes are wanted; one more is read of what is longer.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The bytes; null: nothing is there.</returns>
    /// <exception cref="WritException">Refused, or not reached.</exception>
    public async Task<byte[]?> ReadAsync(string path, int most, CancellationToken cancel = default)
    {
        using var request = await RequestAsync(HttpMethod.Get, path, body: null, cancel);
        try
        {
            using var answer = await _http.SendAsync(request, cancel);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                return null;
            if (!answer.IsSuccessStatusCode)
                throw BrokerErrors.From(answer, await BrokerConnection.ReadAsync(answer, cancel));
            await using var body = await answer.Content.ReadAsStreamAsync(cancel);
            using var bytes = new MemoryStream();
            var buffer = new byte[1 << 16];
            for (var read = 1; read > 0 && bytes.Length <= most;)
            {
                var wanted = (int)Math.Min(buffer.Length, most + 1L - bytes.Length);
                read = await body.ReadAsync(buffer.AsMemory(0, wanted), cancel);
                bytes.Write(buffer, 0, read);
            }
            return bytes.ToArray();
        }
        catch (Exception e) when (BrokerConnection.IsOutage(e, cancel))
        {
            throw BrokerErrors.NotReached(_broker.IssuerText, e);
        }
    }

    /// <summary>Sends one request with a body that is JSON already.</summary>
    internal Task<JsonElement?> SendAsync(HttpMethod method, string path, byte[] json, CancellationToken cancel) =>
        SendAsync(method, path, json, approval: null, cancel);

    /// <summary>Sends one request with a person's yes to it, and reads its answer.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query from the root: <c>/v1/tasks</c>.</param>
    /// <param name="body">The JSON body; null for none.</param>
    /// <param name="approval">The id of the approval, as <see cref="WritException.Approval"/> named it; null for none.
    /// </param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The JSON object of the answer; null when it has no body.</returns>
    /// <exception cref="WritException">Refused, or not reached.</exception>
    public Task<JsonElement?> SendAsync(
        HttpMethod method, string path, JsonNode? body, string? approval, CancellationToken cancel) =>
        SendAsync(method, path, Bytes(body), approval, cancel);

    private async Task<JsonElement?> SendAsync(
        HttpMethod method, string path, byte[]? body, string? approval, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_timeout);
        using var request = await RequestAsync(method, path, body, limit.Token);
        if (approval is not null)
            request.Headers.Add("Writ-Approval", approval);
        try
        {
            using var answer = await _http.SendAsync(request, limit.Token);
            var read = await BrokerConnection.ReadAsync(answer, limit.Token);
            return answer.IsSuccessStatusCode ? read : throw BrokerErrors.From(answer, read);
        }
        catch (Exception e) when (BrokerConnection.IsOutage(e, cancel))
        {
            throw BrokerErrors.NotReached(_broker.IssuerText, e);
        }
    }

    /// <summary>
    /// Sends one request without a token, but with a proof of the client's registered or future key: enrolment. The
    /// proof is made with the key of <see cref="WritClientOptions.ProofKey"/>.
    /// </summary>
    /// <inheritdoc cref="SendAsync(HttpMethod, string, JsonNode, CancellationToken)"/>
    public async Task<JsonElement?> SendProofAsync(
        HttpMethod method, string path, JsonNode? body = null, CancellationToken cancel = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_timeout);
        using var http = new HttpMessageInvoker(_broker.Transport, disposeHandler: false);
        for (var attempt = 1; ; attempt++)
        {
            using var request = await RequestAsync(method, path, Bytes(body), limit.Token);
            request.Headers.Add(
                ProofKey.HeaderName, _broker.Proofs.Prove(method.Method, request.RequestUri!, accessToken: null));
            try
            {
                using var answer = await http.SendAsync(request, limit.Token);
                var learnt = _broker.Proofs.Learn(request.RequestUri!, answer);
                var read = await BrokerConnection.ReadAsync(answer, limit.Token);
                if (answer.IsSuccessStatusCode)
                    return read;
                var error = BrokerErrors.From(answer, read);
                if (attempt > 1 || !learnt || (error.Code != "use_dpop_nonce" && error.Reason != "use_dpop_nonce"))
                    throw error;
            }
            catch (Exception e) when (BrokerConnection.IsOutage(e, cancel))
            {
                throw BrokerErrors.NotReached(_broker.IssuerText, e);
            }
        }
    }

    /// <summary>Opens a stream of server-sent events and reads it until it ends or is cancelled.</summary>
    /// <param name="path">Path and query from the root: <c>/v1/records/tail</c>.</param>
    /// <param name="cancel">Ends the stream.</param>
    /// <exception cref="WritException">Refused, or not reached.</exception>
    public IAsyncEnumerable<SseItem<string>> StreamAsync(string path, CancellationToken cancel = default) =>
        StreamAsync(HttpMethod.Get, path, body: null, cancel);

    /// <summary>Sends one request and reads its answer, a stream of server-sent events, until it ends or is cancelled.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query from the root: <c>/v1/policies/replay</c>.</param>
    /// <param name="body">The JSON body; null for none.</param>
    /// <param name="cancel">Ends the stream.</param>
    /// <exception cref="WritException">Refused, or not reached.</exception>
    public async IAsyncEnumerable<SseItem<string>> StreamAsync(
        HttpMethod method, string path, JsonNode? body,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        using var request = await RequestAsync(method, path, Bytes(body), cancel);
        request.Headers.Accept.Clear();
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var answer = await OpenAsync(request, cancel);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancel))
            yield return item;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _tokens.Dispose();
    }

    private async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            var answer = await _http.SendAsync(request, cancel);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
                throw BrokerErrors.From(answer, await BrokerConnection.ReadAsync(answer, cancel));
        }
        catch (Exception e) when (BrokerConnection.IsOutage(e, cancel))
        {
            throw BrokerErrors.NotReached(_broker.IssuerText, e);
        }
    }

    private static byte[]? Bytes(JsonNode? body) => body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body);

    private async ValueTask<HttpRequestMessage> RequestAsync(
        HttpMethod method, string path, byte[]? body, CancellationToken cancel)
    {
        if (!path.StartsWith('/'))
            throw new ArgumentException("The path begins with a slash.", nameof(path));
        var request = new HttpRequestMessage(method, new Uri(await _broker.BaseAsync(cancel) + path));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(MediaTypeNames.Application.Json));
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json);
        }

        return request;
    }
}
