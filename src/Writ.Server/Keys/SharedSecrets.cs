using System.Globalization;
using System.Security.Cryptography;
using Writ.Server.Storage;

namespace Writ.Server.Keys;

/// <summary>
/// What all replicas share and no aggregate owns, as the store holds it. A restore renews all of it: what was made with
/// the old ones is of a past that this store does not know.
/// </summary>
/// <param name="FeedEpoch">Names the history that the indexes of the feed belong to.</param>
/// <param name="NonceKey">Authenticates the nonces of DPoP proofs.</param>
/// <param name="ProofsAfter">Proofs and assertions made up to this moment are refused: which of them were used before
/// the restore, nobody knows any more.</param>
public sealed record SharedSecrets(string FeedEpoch, byte[] NonceKey, DateTimeOffset ProofsAfter)
{
    private const string Epoch = "feed_epoch";
    private const string Nonces = "nonce_key";
    private const string Restored = "proofs_after";
    private const string Purpose = "nonce-key";

    /// <summary>Reads them; the first replica makes them.</summary>
    public static async Task<SharedSecrets> ReadAsync(
        Database database, KeyEncryption encryption, CancellationToken cancel)
    {
        var stored = new SettingStore(database);
        var epoch = await stored.GetOrAddAsync(Epoch, NewEpoch, cancel);
        var wrapped = await stored.GetOrAddAsync(Nonces, () => NewNonceKey(encryption), cancel);
        var restored = await stored.GetOrAddAsync(Restored, () => "0", cancel);
        try
        {
            return new SharedSecrets(
                epoch,
                encryption.Unwrap(Convert.FromBase64String(wrapped), Purpose),
                Instant.FromMicros(long.Parse(restored, CultureInfo.InvariantCulture)));
        }
        catch (CryptographicException e)
        {
            throw new InvalidOperationException(
                "The key-encryption key (kek in the data folder) is not the one that this store was written with: "
                + "replicas share one, and a backup needs the one of its time.", e);
        }
    }

    /// <summary>Renews them, in the transaction of the restore.</summary>
    public static async Task RenewAsync(StoreTransaction tx, KeyEncryption encryption, long proofsAfter)
    {
        await SettingStore.SetAsync(tx, Epoch, NewEpoch());
        await SettingStore.SetAsync(tx, Nonces, NewNonceKey(encryption));
        await SettingStore.SetAsync(tx, Restored, proofsAfter.ToString(CultureInfo.InvariantCulture));
    }

    private static string NewEpoch() => IdSource.Secret("epoch")[..22];

    private static string NewNonceKey(KeyEncryption encryption) =>
        Convert.ToBase64String(encryption.Wrap(RandomNumberGenerator.GetBytes(32), Purpose));
}
