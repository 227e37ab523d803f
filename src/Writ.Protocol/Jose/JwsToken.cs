using System.Text.Json;

namespace Writ.Protocol;

/// <summary>A JWS whose signature has been verified. Only <see cref="UnverifiedJws"/> makes one.</summary>
public sealed class JwsToken
{
    internal JwsToken(JwsHeader header, JsonElement payload, ReadOnlyMemory<byte> payloadBytes, VerificationKey key)
    {
        Header = header;
        Payload = payload;
        PayloadBytes = payloadBytes;
        Key = key.Jwk;
    }

    /// <summary>The protected header.</summary>
    public JwsHeader Header { get; }

    /// <summary>The payload, a JSON object.</summary>
    public JsonElement Payload { get; }

    /// <summary>The payload as it was signed.</summary>
    public ReadOnlyMemory<byte> PayloadBytes { get; }

    /// <summary>The key that the signature was verified with.</summary>
    public Jwk Key { get; }
}
