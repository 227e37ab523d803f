using System.Data.Common;
using System.Security.Cryptography;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Keys;

/// <summary>
/// Our signing keys, by purpose: one signs, its predecessors still verify, its successor is already published.
/// Read from the store whole and swapped whole; rotation writes the store through Audit (Signing/KeyRotation).
/// </summary>
public sealed class SigningKeys(Database database, KeyEncryption encryption, TimeProvider time)
{
    private readonly SigningKeyStore _store = new(database);
    private readonly Dictionary<string, (JwsSigner Signer, VerificationKey Verifier)> _opened =
        new(StringComparer.Ordinal);
    private volatile KeySet _keys = new([]); // owner: Take

    /// <summary>Reads the keys that the store holds. Called at start and whenever the registry changed.</summary>
    public async Task ReloadAsync(CancellationToken cancel = default) => Take(await _store.AllAsync(cancel));

    /// <summary>The same, in a blocking call on that connection.</summary>
    public void Reload(DbConnection connection) => Take(SigningKeyStore.All(connection));

    /// <summary>The key that signs now; null before the first rotation made one.</summary>
    public JwsSigner? Current(KeyPurpose purpose)
    {
        var now = time.GetUtcNow().ToMicros();
        OpenKey? best = null;
        foreach (var key in _keys.All)
            if (key.Purpose == purpose && key.Row.RevokedAt is null
                && key.Row.ActiveFrom <= now && now < key.Row.RetiresAt
                && (best is null || key.Row.ActiveFrom > best.Row.ActiveFrom)) best = key;
        return best?.Signer;
    }

    /// <summary>The rows of one purpose, oldest first.</summary>
    public IReadOnlyList<SigningKeyRow> Rows(KeyPurpose purpose) =>
        [.. _keys.All.Where(k => k.Purpose == purpose).Select(k => k.Row)];

    /// <summary>The key that verifies a kid of this purpose; null when unknown, gone or revoked.</summary>
    public VerificationKey? Verifier(KeyPurpose purpose, string kid) => Find(purpose, kid)?.Verifier;

    /// <summary>The key that signed, a moment ago at the latest, by its kid; null when unknown, gone or revoked.
    /// </summary>
    public JwsSigner? Signer(KeyPurpose purpose, string kid) => Find(purpose, kid)?.Signer;

    /// <summary>The public keys (RFC 7517 §5): those that sign, will sign, or may still verify.</summary>
    public string Jwks(KeyPurpose purpose)
    {
        var now = time.GetUtcNow().ToMicros();
        var keys = _keys.All.Where(k => k.Purpose == purpose && k.Row.RevokedAt is null && now < k.Row.GoneAt);
        return $$"""{"keys":[{{string.Join(',', keys.Select(k => k.Row.PublicKey))}}]}""";
    }

    /// <summary>A new key, wrapped, not yet stored.</summary>
    public SigningKeyRow Generate(
        KeyPurpose purpose, DateTimeOffset activeFrom, TimeSpan signsFor, TimeSpan verifiesAfter)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var kid = Jwk.FromEcdsa(key).Thumbprint;
        var pkcs8 = key.ExportPkcs8PrivateKey();
        try
        {
            var retires = activeFrom + signsFor;
            return new SigningKeyRow
            {
                Kid = kid,
                Purpose = Name(purpose),
                PublicKey = (Jwk.FromEcdsa(key) with { Kid = kid, Alg = "ES256", Use = "sig" }).ToJson(),
                Wrapped = encryption.Wrap(pkcs8, WrapPurpose(purpose, kid)),
                CreatedAt = time.GetUtcNow().ToMicros(),
                ActiveFrom = activeFrom.ToMicros(),
                RetiresAt = retires.ToMicros(),
                GoneAt = (retires + verifiesAfter).ToMicros(),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    public static string Name(KeyPurpose purpose) => purpose == KeyPurpose.Token ? "token" : "feed";

    private OpenKey? Find(KeyPurpose purpose, string kid)
    {
        var now = time.GetUtcNow().ToMicros();
        foreach (var key in _keys.All)
            if (key.Purpose == purpose && string.Equals(key.Row.Kid, kid, StringComparison.Ordinal))
                return key.Row.RevokedAt is null && now < key.Row.GoneAt ? key : null;
        return null;
    }

    private void Take(IReadOnlyList<SigningKeyRow> rows)
    {
        lock (_opened)
        {
            _keys = new KeySet([.. rows.Select(Open)]);
        }
    }

    private OpenKey Open(SigningKeyRow row)
    {
        var purpose = string.Equals(row.Purpose, "token", StringComparison.Ordinal)
            ? KeyPurpose.Token
            : KeyPurpose.Feed;
        if (!_opened.TryGetValue(row.Kid, out var pair))
        {
            var key = ECDsa.Create();
            var pkcs8 = encryption.Unwrap(row.Wrapped, WrapPurpose(purpose, row.Kid));
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            CryptographicOperations.ZeroMemory(pkcs8);
            _opened[row.Kid] = pair = (new JwsSigner(key, row.Kid), new VerificationKey(Jwk.FromEcdsa(key)));
        }
        return new OpenKey(row, purpose, pair.Signer, pair.Verifier);
    }

    private static string WrapPurpose(KeyPurpose purpose, string kid) => $"signing-key/{Name(purpose)}/{kid}";

    private sealed record OpenKey(SigningKeyRow Row, KeyPurpose Purpose, JwsSigner Signer, VerificationKey Verifier);

    private sealed record KeySet(IReadOnlyList<OpenKey> All);
}

/// <summary>What a signing key is for. A key never serves two purposes.</summary>
public enum KeyPurpose
{
    Token,
    Feed,
}
