using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Writ.Protocol;

namespace Writ.Bench.Rego.Cases;

/// <summary>A token's signature (ES256), issuer, audience and scope.</summary>
internal sealed class SignedTokens : RegoCase, IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly VerificationKey _verification;
    private readonly Ask[] _inputs;

    public SignedTokens()
    {
        _verification = new VerificationKey(Jwk.FromEcdsa(_key));
        var asks = Enumerable.Range(0, 16).Select(i => new Ask(Sign(i), "orders:read"));
        Inputs = [.. asks.Select(ask => JsonSerializer.Serialize(ask, Web))];
        _inputs = Read<Ask>(Inputs);
    }

    public override string Name => "jwt, ES256";

    public override string Data => JsonSerializer.Serialize(new
    {
        keys = JsonSerializer.Serialize(new { keys = new[] { Coordinates() } }),
    });

    public override string Policy => """
        package bench

        default allow := false

        allow if {
          io.jwt.verify_es256(input.token, data.keys)
          [_, claims, _] := io.jwt.decode(input.token)
          claims.iss == "https://issuer.example"
          claims.aud == "https://orders.example"
          input.action in split(claims.scope, " ")
        }
        """;

    public override IReadOnlyList<string> Inputs { get; }

    public void Dispose() => _key.Dispose();

    public override object Decide(int input)
    {
        var (token, action) = _inputs[input];
        var (first, dot) = (token.IndexOf('.'), token.LastIndexOf('.'));
        if (!Base64UrlText.TryDecode(token.AsSpan(dot + 1), out var signature)
            || !_verification.Verify("ES256", Encoding.ASCII.GetBytes(token[..dot]), signature)
            || !Base64UrlText.TryDecode(token.AsSpan(first + 1, dot - first - 1), out var json))
        {
            return Answer(false);
        }

        using var claims = JsonDocument.Parse(json);
        var root = claims.RootElement;
        return Answer(root.GetProperty("iss").ValueEquals("https://issuer.example")
            && root.GetProperty("aud").ValueEquals("https://orders.example")
            && root.GetProperty("scope").GetString()!.Split(' ').Contains(action, StringComparer.Ordinal));
    }

    private object Coordinates()
    {
        var point = _key.ExportParameters(false).Q;
        return new
        {
            kty = "EC",
            crv = "P-256",
            x = Base64UrlText.Encode(point.X),
            y = Base64UrlText.Encode(point.Y),
        };
    }

    private string Sign(int i)
    {
        var claims = JsonSerializer.Serialize(new
        {
            iss = "https://issuer.example",
            aud = i % 4 == 0 ? "https://elsewhere.example" : "https://orders.example",
            sub = $"spiffe://example.org/agent/{i}",
            scope = i % 3 == 0 ? "orders:write" : "orders:read orders:list",
        });
        var signed = $"{Base64UrlText.Encode("""{"alg":"ES256","typ":"JWT"}"""u8)}."
            + Base64UrlText.Encode(Encoding.UTF8.GetBytes(claims));
        var signature = _key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Base64UrlText.Encode(signature)}";
    }

    private sealed record Ask(string Token, string Action);
}
