using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Writ.Protocol;

namespace Writ.Bench.Servers;

/// <summary>
/// The reference called <c>limit</c>: a bare Kestrel endpoint that does the cryptography of each operation with cached
/// keys, and nothing else. No policy, no record, no store: what any broker on this runtime must spend at least.
/// </summary>
internal static class BareServer
{
    private static readonly VerificationKeyCache Keys = new();
    private static readonly JwsSigner Signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256), "limit");
    private static readonly ConcurrentDictionary<string, bool> Seen = new(StringComparer.Ordinal);

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        using var certificate = BenchCertificate.Make("limit");
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Listen(IPAddress.Loopback, 0);
            k.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate, https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();
            }));
        });
        var app = builder.Build();
        app.MapPost("/oauth/token", http => AnswerAsync(http, withSubject: false));
        app.MapPost("/oauth/exchange", http => AnswerAsync(http, withSubject: true));
        app.MapPost("/oauth/introspect", IntrospectAsync);
        await using var decisions = new BareDecisions();
        app.MapPost("/access/v1/evaluation", decisions.AnswerAsync);
        await app.StartAsync();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            ready = true,
            issuer = app.Urls.First(u => u.StartsWith("http:", StringComparison.Ordinal)),
            tls = app.Urls.First(u => u.StartsWith("https:", StringComparison.Ordinal)),
        }));
        await app.WaitForShutdownAsync();
    }

    /// <summary>
    /// Two verifications (assertion, proof), a third for the subject token of an exchange, one signature.
    /// </summary>
    private static async Task AnswerAsync(HttpContext http, bool withSubject)
    {
        var form = await http.Request.ReadFormAsync();
        // The bench's client key comes in the proof, as every key does that the limit verifies with.
        var proof = http.Request.Headers["DPoP"].ToString();
        var key = KeyOf(proof);
        var right = Verify(form["client_assertion"].ToString(), key) & Verify(proof, key);
        // A token of the broker's is as long as ours; its signature cannot hold under this key, and costs the same.
        if (withSubject) Verify(form["subject_token"].ToString(), key);
        http.Response.StatusCode = right ? 200 : 400;
        var token = Signer.Sign("at+jwt", Encoding.UTF8.GetBytes(Payload));
        await WriteAsync(http, $$"""{"access_token":"{{token}}","token_type":"DPoP","expires_in":900}""");
    }

    private static async Task IntrospectAsync(HttpContext http)
    {
        var form = await http.Request.ReadFormAsync();
        var hash = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(form["token"].ToString())));
        var caller = http.Connection.ClientCertificate!.GetCertHashString(HashAlgorithmName.SHA256);
        Seen.TryAdd(hash, true);
        Seen.TryAdd(caller, true);
        await WriteAsync(http, $$"""{"active":true,{{Payload.AsSpan(1)}}""");
    }

    private static bool Verify(string jws, VerificationKey key)
    {
        var dot = jws.LastIndexOf('.');
        Base64UrlText.TryDecode(jws.AsSpan(dot + 1), out var signature);
        return key.Verify("ES256", Encoding.ASCII.GetBytes(jws[..dot]), signature);
    }

    private static VerificationKey KeyOf(string proof)
    {
        Base64UrlText.TryDecode(proof.AsSpan(0, proof.IndexOf('.')), out var header);
        using var json = JsonDocument.Parse(header);
        return Jwk.TryParsePublic(json.RootElement.GetProperty("jwk"), out var jwk, out var error)
            ? Keys.Get(jwk)
            : throw new InvalidOperationException(error);
    }

    internal static Task WriteAsync(HttpContext http, string json)
    {
        http.Response.ContentType = "application/json";
        var bytes = Encoding.UTF8.GetBytes(json);
        http.Response.ContentLength = bytes.Length;
        return http.Response.Body.WriteAsync(bytes).AsTask();
    }

    private const string Payload =
        """{"iss":"http://127.0.0.1:8420","sub":"spiffe://bench.example/agent/a","aud":"https://orders.example","client_id":"spiffe://bench.example/agent/a","scope":"orders:read","authorization_details":[{"type":"writ_access","actions":["orders:read"],"locations":["https://orders.example"]}],"jti":"at_01h00000000000000000000000","iat":1795310950,"exp":1795311850,"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},"txn":"task_01h00000000000000000000000"}""";
}
