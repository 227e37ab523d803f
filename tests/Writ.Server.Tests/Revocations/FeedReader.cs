using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using Writ.Protocol;

namespace Writ.Server.Tests.Revocations;

/// <summary>Reads a broker's feed as it comes over the wire, every signature checked.</summary>
public sealed class FeedReader : IAsyncDisposable
{
    private readonly TestBroker _broker;
    private readonly HttpResponseMessage _answer;
    private readonly IAsyncEnumerator<SseItem<string>> _items;
    private readonly SseParser<string> _parser;

    private FeedReader(TestBroker broker, HttpResponseMessage answer, Stream stream)
    {
        _broker = broker;
        _answer = answer;
        _parser = SseParser.Create(stream);
        _items = _parser.EnumerateAsync().GetAsyncEnumerator();
    }

    /// <summary>Where one would resume.</summary>
    public string LastEventId => _parser.LastEventId;

    /// <summary>Opens it; a failure unless it is served.</summary>
    public static async Task<FeedReader> OpenAsync(TestBroker broker, TestCaller caller, string query = "")
    {
        var answer = await AskAsync(broker, caller, query);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return new FeedReader(broker, answer, await answer.Content.ReadAsStreamAsync());
    }

    /// <summary>Asks for it.</summary>
    public static Task<HttpResponseMessage> AskAsync(TestBroker broker, TestCaller caller, string query = "") =>
        StreamAsync(broker.Http, caller, "/v1/revocations/feed", query);

    /// <summary>Opens any stream of the management API.</summary>
    public static async Task<HttpResponseMessage> StreamAsync(
        HttpClient http, TestCaller caller, string path, string query = "")
    {
        var token = await caller.ManagementTokenAsync();
        caller.TakeNonce();
        var request = new HttpRequestMessage(HttpMethod.Get, path + query);
        request.Headers.Authorization = new AuthenticationHeaderValue("DPoP", token);
        request.Headers.Add("DPoP", caller.Proof("GET", path, token));
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The next message that is no heartbeat.</summary>
    public async Task<RevocationFeedMessage> NextAsync()
    {
        while (await NextOfAnyKindAsync() is { } message)
            if (message is not RevocationFeedMessage.Heartbeat) return message;
        throw new InvalidOperationException("The stream ended.");
    }

    /// <summary>The next message; null at the end.</summary>
    public async Task<RevocationFeedMessage?> NextOfAnyKindAsync()
    {
        if (!await _items.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30))) return null;
        Assert.True(Jws.TryRead(_items.Current.Data, JwsLimits.Feed, out var jws, out _));
        var key = _broker.Wiring.Keys.Verifier(Keys.KeyPurpose.Feed, jws.Header.Kid!)!;
        Assert.True(jws.TryVerify(key, JwsAlgorithms.Ours, RevocationFeedMessage.Typ, out var verified, out _));
        Assert.True(RevocationFeedMessage.TryParse(verified, out var message, out var error), error);
        return message;
    }

    public async ValueTask DisposeAsync()
    {
        _answer.Dispose();
        try
        {
            await _items.DisposeAsync();
        }
        catch (NotSupportedException)
        {
            // A read is on its way still; its connection is closed.
        }
    }
}
