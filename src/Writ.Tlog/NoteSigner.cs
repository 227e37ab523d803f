using System.Security.Cryptography;
using System.Text;

namespace Writ.Tlog;

/// <summary>A key that signs notes under a name.</summary>
public sealed class NoteSigner : IDisposable
{
    private const string PrivateKey = "PRIVATE+KEY";

    private readonly Ed25519? _ed25519;
    private readonly ECDsa? _ecdsa;

    private NoteSigner(string name, NoteKeyType type, Ed25519 key)
    {
        _ed25519 = key;
        Key = VerifierKey.Of(name, type, key.PublicKey());
    }

    private NoteSigner(string name, ECDsa key)
    {
        _ecdsa = key;
        Key = VerifierKey.Of(name, NoteKeyType.Ecdsa, key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>What verifies its signatures.</summary>
    public VerifierKey Key { get; }

    /// <summary>Signs with Ed25519.</summary>
    /// <param name="name">Under which name.</param>
    /// <param name="seed">The private key: 32 bytes (RFC 8032 §5.1.5).</param>
    public static NoteSigner OfSeed(string name, ReadOnlySpan<byte> seed) =>
        new(name, NoteKeyType.Ed25519, Ed25519.OfSeed(seed));

    /// <summary>Signs with ECDSA; owns the key from now on.</summary>
    public static NoteSigner Of(string name, ECDsa key) => new(name, key);

    /// <summary>Cosigns checkpoints with Ed25519: see <see cref="Cosign"/>.</summary>
    public static NoteSigner CosignerOfSeed(string name, ReadOnlySpan<byte> seed) =>
        new(name, NoteKeyType.Cosignature, Ed25519.OfSeed(seed));

    /// <summary>Reads <c>PRIVATE+KEY+name+id+key</c>, as golang.org/x/mod/sumdb/note writes keys of Ed25519.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static NoteSigner Parse(string text)
    {
        var parts = text.Trim().Split('+', 5);
        if (parts is not ["PRIVATE", "KEY", var name, var id, var key] || !VerifierKey.IsName(name)
            || !Base64.TryDecode(key, out var bytes) || bytes.Length != 1 + Ed25519.KeyBytes
            || (NoteKeyType)bytes[0] is not (NoteKeyType.Ed25519 or NoteKeyType.Cosignature))
            throw new FormatException($"It is no signing key: {PrivateKey}+name+id+key.");
        var signer = new NoteSigner(name, (NoteKeyType)bytes[0], Ed25519.OfSeed(bytes.AsSpan(1)));
        CryptographicOperations.ZeroMemory(bytes);
        if (id == signer.Key.Id.ToString("x8", System.Globalization.CultureInfo.InvariantCulture)) return signer;
        signer.Dispose();
        throw new FormatException("The id of the signing key is not that of its key.");
    }

    /// <summary>The text that <see cref="Parse"/> reads: a secret.</summary>
    public static string Write(string name, NoteKeyType type, ReadOnlySpan<byte> seed)
    {
        using var key = Ed25519.OfSeed(seed);
        using var verifier = VerifierKey.Of(name, type, key.PublicKey());
        return string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{PrivateKey}+{name}+{verifier.Id:x8}+{Convert.ToBase64String([(byte)type, .. seed])}");
    }

    /// <summary>Signs a text, which ends with a newline.</summary>
    /// <exception cref="InvalidOperationException">It is a key for cosignatures, which bear a time.</exception>
    public NoteSignature Sign(string text) => new(Key.Name, Key.Id, Key.Type switch
    {
        NoteKeyType.Ed25519 => _ed25519!.Sign(Encoding.UTF8.GetBytes(text)),
        NoteKeyType.Ecdsa => _ecdsa!.SignData(
            Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
        _ => throw new InvalidOperationException("A cosignature bears a time."),
    });

    /// <summary>Says that it verified, at that time, that the log grew consistently up to a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint's text, with its last newline.</param>
    /// <param name="at">When: whole seconds count.</param>
    /// <exception cref="InvalidOperationException">It is no key for cosignatures.</exception>
    public NoteSignature Cosign(string checkpoint, DateTimeOffset at)
    {
        if (Key.Type is not NoteKeyType.Cosignature)
            throw new InvalidOperationException("It is no key for cosignatures.");
        var seconds = at.ToUnixTimeSeconds();
        var inner = _ed25519!.Sign(Cosignature.Message(checkpoint, seconds));
        return new NoteSignature(Key.Name, Key.Id, Cosignature.Write(seconds, inner));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ed25519?.Dispose();
        _ecdsa?.Dispose();
        Key.Dispose();
    }
}
