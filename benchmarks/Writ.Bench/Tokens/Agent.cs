using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Writ.Bench.Servers;
using Writ.Protocol;

namespace Writ.Bench.Tokens;

/// <summary>An agent of the bench: its key, and requests of it made ready to be sent.</summary>
internal sealed class Agent
{
    private readonly JwsSigner _assertions;
    private readonly JwsSigner _proofs;

    public Agent(string name)
    {
        Id = $"spiffe://bench.example/agent/{name}";
        Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Jwk = Jwk.FromEcdsa(Key);
        _assertions = new JwsSigner(Key, Jwk.Thumbprint);
        _proofs = new JwsSigner(Key, null);
        Certificate = BenchCertificate.Make(name);
    }

    public string Id { get; }

    public ECDsa Key { get; }

    public Jwk Jwk { get; }

    public X509Certificate2 Certificate { get; }

    public string CertificateThumbprint =>
        Base64UrlText.Encode(Certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>A whole HTTP request to the token endpoint, with a fresh assertion and proof.</summary>
    public byte[] Request(string issuer, string host, string path, string nonce, string form)
    {
        var now = TimeProvider.System.GetUtcNow();
        var assertion = ClientAssertion.Create(_assertions, Id, issuer, Fresh(), now, TimeSpan.FromMinutes(4));
        var proof = DpopProof.Create(_proofs, "POST", issuer + "/oauth/token", Fresh(), now, nonce, null);
        return Raw(path, host, With(form, assertion), $"DPoP: {proof}\r\n");
    }

    /// <summary>The same without a proof: for a token that is bound to no key.</summary>
    public byte[] BearerRequest(string issuer, string host, string form)
    {
        var now = TimeProvider.System.GetUtcNow();
        var assertion = ClientAssertion.Create(_assertions, Id, issuer, Fresh(), now, TimeSpan.FromMinutes(4));
        return Raw("/oauth/token", host, With(form, assertion), "");
    }

    public static byte[] Raw(string path, string host, string body, string headers) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + $"{headers}Content-Length: {body.Length}\r\n\r\n{body}");

    private static string With(string form, string assertion)
    {
        var type = Uri.EscapeDataString(TokenTypeUri.JwtBearerAssertion);
        return $"{form}&client_assertion_type={type}&client_assertion={assertion}";
    }

    private static string Fresh() => Convert.ToHexString(RandomNumberGenerator.GetBytes(12));
}
