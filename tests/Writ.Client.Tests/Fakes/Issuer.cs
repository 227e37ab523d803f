using System.Collections.Immutable;
using System.Security.Cryptography;
using Writ.Protocol;

namespace Writ.Client.Tests;

/// <summary>The keys of a broker and tokens made with them, good or bad as the test wants.</summary>
internal sealed class Issuer : IDisposable
{
    internal const string Orders = "https://orders.example.org";

    private readonly ECDsa _tokenKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _feedKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _serial;

    internal Issuer(string url = "https://writ.example.org")
    {
        Url = url;
        Tokens = new JwsSigner(_tokenKey, "t1");
        Feed = new JwsSigner(_feedKey, "f1");
    }

    internal string Url { get; set; }

    internal JwsSigner Tokens { get; private set; }

    internal JwsSigner Feed { get; }

    internal void RotateTokenKey(string kid) => Tokens = new JwsSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256), kid);

    internal AccessTokenClaims Claims(DateTimeOffset now, Confirmation? binding, params string[] actions) => new()
    {
        Issuer = Url,
        Subject = "spiffe://example.org/agent/billing",
        ClientId = "spiffe://example.org/agent/billing",
        Audience = [Orders],
        Scope = "",
        Authority = Authority.Of(AuthorizationDetail.Of(
            actions.Length == 0 ? [ActionName.Parse("orders:read")] : actions.Select(ActionName.Parse), [Orders])),
        Jti = $"j{Interlocked.Increment(ref _serial)}",
        IssuedAt = now,
        ExpiresAt = now.AddMinutes(5),
        Confirmation = binding,
        TaskId = "task-1",
    };

    internal string Sign(AccessTokenClaims claims) => Tokens.Sign(AccessTokenClaims.Typ, claims.ToPayload());

    internal string Sign(RevocationFeedMessage message) => Feed.Sign(RevocationFeedMessage.Typ, message.ToPayload());

    internal static RevocationFeedMessage.Snapshot Nothing(string epoch = "e1", long index = 0) =>
        new(epoch, index, ImmutableArray<RevocationEntry>.Empty);

    internal static RevocationFeedMessage.Revoked Revoke(
        RevocationHandle handle, string epoch = "e1", long index = 1) =>
        new(epoch, index, new RevocationEntry(
            handle, DateTimeOffset.MaxValue, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero), "test"));

    public void Dispose()
    {
        _tokenKey.Dispose();
        _feedKey.Dispose();
    }
}
