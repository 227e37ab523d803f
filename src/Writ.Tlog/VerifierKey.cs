using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Writ.Tlog;

/// <summary>
/// A key that verifies signatures of notes, as text: <c>name+id+key</c> (C2SP signed-note, “Verifier keys”). Safe for
/// any number of threads.
/// </summary>
public sealed class VerifierKey : IDisposable
{
    private readonly byte[] _publicKey;
    private readonly Ed25519? _ed25519;
    private readonly ECDsa? _ecdsa;

    private VerifierKey(string name, NoteKeyType type, ReadOnlySpan<byte> publicKey)
    {
        (Name, Type, _publicKey) = (name, type, publicKey.ToArray());
        Id = IdOf(name, type, publicKey);
        if (type is NoteKeyType.Ecdsa)
        {
            _ecdsa = ECDsa.Create();
            _ecdsa.ImportSubjectPublicKeyInfo(publicKey, out var read);
            if (read != publicKey.Length) throw new CryptographicException("There is more than a key.");
        }
        else
        {
            _ed25519 = Ed25519.OfPublicKey(publicKey);
        }
    }

    /// <summary>Whose key it is.</summary>
    public string Name { get; }

    /// <summary>With the name, what tells keys apart; no more than that.</summary>
    public uint Id { get; }

    /// <summary>What it verifies.</summary>
    public NoteKeyType Type { get; }

    /// <summary>A key of raw bytes: 32 of Ed25519, a SubjectPublicKeyInfo of ECDSA.</summary>
    /// <exception cref="ArgumentException">Nobody can have that name.</exception>
    /// <exception cref="CryptographicException">It is no such key.</exception>
    public static VerifierKey Of(string name, NoteKeyType type, ReadOnlySpan<byte> publicKey) =>
        IsName(name) && Enum.IsDefined(type)
            ? new VerifierKey(name, type, publicKey)
            : throw new ArgumentException("A key has a name without spaces and plus, and a known type.", nameof(name));

    /// <summary>Reads the text.</summary>
    /// <exception cref="FormatException">It is none, or its id is not that of its key.</exception>
    public static VerifierKey Parse(string text)
    {
        var parts = text.Split('+', 3);
        if (parts.Length != 3 || parts[1].Length != 8 || !IsName(parts[0])
            || parts[1].Any(char.IsAsciiLetterUpper)
            || !uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            || !Base64.TryDecode(parts[2], out var bytes) || bytes.Length < 2
            || !Enum.IsDefined((NoteKeyType)bytes[0]))
            throw new FormatException("It is no verifier key: name+id+key.");
        try
        {
            var key = new VerifierKey(parts[0], (NoteKeyType)bytes[0], bytes.AsSpan(1));
            return key.Id == id ? key : throw new FormatException("The id of the verifier key is not that of its key.");
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"It is no verifier key: {e.Message}", e);
        }
    }

    /// <summary>Whether the signature of a note's text holds.</summary>
    /// <param name="text">The text, with its last newline.</param>
    /// <param name="signature">What stands behind the key's id.</param>
    public bool Verify(string text, ReadOnlySpan<byte> signature) => Type switch
    {
        NoteKeyType.Ed25519 => _ed25519!.Verify(Encoding.UTF8.GetBytes(text), signature),
        NoteKeyType.Ecdsa => _ecdsa!.VerifyData(
            Encoding.UTF8.GetBytes(text), signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
        _ => Cosignature.TryRead(signature, out var at, out var inner)
            && _ed25519!.Verify(Cosignature.Message(text, at), inner),
    };

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Name}+{Id:x8}+{Convert.ToBase64String([(byte)Type, .. _publicKey])}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _ed25519?.Dispose();
        _ecdsa?.Dispose();
    }

    /// <summary>Names have neither spaces nor plus, and no control characters, since they stand in a line.</summary>
    internal static bool IsName(string name) =>
        name.Length > 0 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+');

    internal static uint IdOf(string name, NoteKeyType type, ReadOnlySpan<byte> publicKey) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(type is NoteKeyType.Ecdsa
            ? publicKey
            : [.. Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)type, .. publicKey]));
}
