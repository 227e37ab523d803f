using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>
/// Signs compact JWS with ES256 (P-256) or ES384 (P-384). Thread-safe. Does not own the key: whoever made it
/// disposes it.
/// </summary>
public sealed class JwsSigner
{
    private readonly ECDsa _key;
    private readonly HashAlgorithmName _hash;
    private readonly int _signatureBytes;

    // Header by typ; a handful of constants of the code, never input.
    private readonly ConcurrentDictionary<string, byte[]> _headers = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, byte[]> _proofHeaders = new(StringComparer.Ordinal);
    private readonly Jwk _bareKey;

    /// <summary>Makes a signer.</summary>
    /// <param name="key">An EC key on P-256 or P-384; may live in an HSM.</param>
    /// <param name="kid">The key id to put into headers; null for none.</param>
    /// <exception cref="NotSupportedException">The key is on another curve.</exception>
    public JwsSigner(ECDsa key, string? kid)
    {
        (Alg, _hash, _signatureBytes) = key.KeySize switch
        {
            256 => ("ES256", HashAlgorithmName.SHA256, 64),
            384 => ("ES384", HashAlgorithmName.SHA384, 96),
            _ => throw new NotSupportedException("A signing key is on P-256 or P-384."),
        };
        _key = key;
        Kid = kid;
        _bareKey = Jwk.FromEcdsa(key);
        PublicKey = _bareKey with { Kid = kid, Alg = Alg, Use = "sig" };
    }

    /// <summary>The key id.</summary>
    public string? Kid { get; }

    /// <summary>The algorithm.</summary>
    public string Alg { get; }

    /// <summary>The public half, with <c>kid</c>, <c>alg</c> and <c>use</c>.</summary>
    public Jwk PublicKey { get; }

    /// <summary>Signs a payload.</summary>
    /// <param name="typ">The media type for the header, a constant of the caller; null for none.</param>
    /// <param name="payloadJson">The payload, a JSON object.</param>
    public string Sign(string? typ, ReadOnlySpan<byte> payloadJson) =>
        SignWith(_headers.GetOrAdd(typ ?? "", EncodeHeader, this), payloadJson);

    /// <summary>
    /// Signs a payload with further header parameters, which the callback writes into the open object.
    /// </summary>
    public string Sign(string? typ, ReadOnlySpan<byte> payloadJson, Action<Utf8JsonWriter> extraHeader) =>
        SignWith(EncodeHeader(typ, extraHeader), payloadJson);

    /// <summary>Signs with the public key in the header: for formats that prove possession of it.</summary>
    internal string SignProof(string typ, ReadOnlySpan<byte> payloadJson) =>
        SignWith(_proofHeaders.GetOrAdd(typ, EncodeProofHeader, this), payloadJson);

    private static byte[] EncodeProofHeader(string typ, JwsSigner signer) =>
        signer.EncodeHeader(typ, writer =>
        {
            writer.WritePropertyName("jwk"u8);
            signer._bareKey.WriteTo(writer);
        });

    private static byte[] EncodeHeader(string typ, JwsSigner signer) => signer.EncodeHeader(typ, null);

    private byte[] EncodeHeader(string? typ, Action<Utf8JsonWriter>? extra)
    {
        var json = JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("alg"u8, Alg);
            if (!string.IsNullOrEmpty(typ))
                writer.WriteString("typ"u8, typ);
            if (Kid is not null)
                writer.WriteString("kid"u8, Kid);
            extra?.Invoke(writer);
            writer.WriteEndObject();
        });
        return Base64Url.EncodeToUtf8(json);
    }

    private string SignWith(byte[] header, ReadOnlySpan<byte> payload)
    {
        var length = header.Length + Base64Url.GetEncodedLength(payload.Length)
            + Base64Url.GetEncodedLength(_signatureBytes) + 2;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            header.CopyTo(buffer.AsSpan());
            var at = header.Length;
            buffer[at++] = (byte)'.';
            at += Base64Url.EncodeToUtf8(payload, buffer.AsSpan(at));

            Span<byte> signature = stackalloc byte[_signatureBytes];
            _key.SignData(buffer.AsSpan(0, at), signature, _hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            buffer[at++] = (byte)'.';
            at += Base64Url.EncodeToUtf8(signature, buffer.AsSpan(at));
            return Encoding.ASCII.GetString(buffer, 0, at);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
