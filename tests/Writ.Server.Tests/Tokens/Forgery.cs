using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Writ.Protocol;

namespace Writ.Server.Tests;

/// <summary>Tokens made by hand, with whatever header, payload and signature a test wants.</summary>
public static class Forgery
{
    public static string Sign(string header, string payload, ECDsa key) =>
        Sign(header, payload, data => key.SignData(data, HashAlgorithmName.SHA256));

    public static string Sign(string header, string payload, Func<byte[], byte[]> sign) =>
        Sign(header, Encoding.UTF8.GetBytes(payload), sign);

    public static string Sign(string header, byte[] payload, Func<byte[], byte[]> sign)
    {
        var input = $"{Base64UrlText.Encode(Encoding.UTF8.GetBytes(header))}.{Base64UrlText.Encode(payload)}";
        return $"{input}.{Base64UrlText.Encode(sign(Encoding.ASCII.GetBytes(input)))}";
    }

    /// <summary>The payload of a good assertion, changed.</summary>
    public static string Payload(TestBroker broker, string clientId, Action<JsonObject>? change = null)
    {
        var now = broker.Now.ToUnixTimeSeconds();
        var payload = new JsonObject
        {
            ["iss"] = clientId,
            ["sub"] = clientId,
            ["aud"] = broker.Issuer,
            ["jti"] = TestCaller.Jti(),
            ["iat"] = now,
            ["exp"] = now + 60,
        };
        change?.Invoke(payload);
        return payload.ToJsonString();
    }

    /// <summary>The header of a good assertion, changed.</summary>
    public static string Header(TestCaller caller, Action<JsonObject>? change = null)
    {
        var header = new JsonObject
        {
            ["alg"] = "ES256",
            ["typ"] = ClientAssertion.Typ,
            ["kid"] = caller.PublicKey.Thumbprint,
        };
        change?.Invoke(header);
        return header.ToJsonString();
    }
}
