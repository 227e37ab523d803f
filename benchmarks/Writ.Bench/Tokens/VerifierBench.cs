using System.Collections.Frozen;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Writ.Bench.Load;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Bench.Tokens;

/// <summary>(d) The SDK's verification in process, one thread: a token seen before with a new proof each time, against
/// the one signature check that it cannot avoid.</summary>
internal static class VerifierBench
{
    private const string Issuer = "http://127.0.0.1:8420";
    private const string Resource = "https://orders.example";

    public static void Run(Report report, bool quick)
    {
        var count = quick ? 10_000 : 40_000;
        using var brokerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var agentKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signer = new JwsSigner(brokerKey, "k1");
        var token = signer.Sign(AccessTokenClaims.Typ, Claims(Jwk.FromEcdsa(agentKey)).ToPayload());
        using var view = new FreshView();
        var audiences = new[] { Resource }.ToFrozenSet(StringComparer.Ordinal);
        var settings = new VerifierSettings { Issuer = Issuer, Audiences = audiences };
        var verifier = new TokenVerifier(settings, KeyRing.Of(signer.PublicKey), view.View, TimeProvider.System);
        var proofs = Proofs(agentKey, token, count, verifier.NewNonce());
        var key = new VerificationKey(Jwk.FromEcdsa(agentKey));
        var limit = Time(proofs, p =>
        {
            var dot = p.Proof!.LastIndexOf('.');
            Base64UrlText.TryDecode(p.Proof.AsSpan(dot + 1), out var signature);
            return key.Verify("ES256", Encoding.ASCII.GetBytes(p.Proof[..dot]), signature);
        });
        var ours = Time(proofs, p => verifier.Verify(p) is Verification.Verified);
        report.Add(new Line("tokens", "sdk verify in process", ours, limit, "limit"));
    }

    private static LoadResult Time(PresentedToken[] proofs, Func<PresentedToken, bool> verify)
    {
        var errors = 0;
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        foreach (var proof in proofs)
            if (!verify(proof)) errors++;
        var each = clock.Elapsed.TotalMicroseconds / proofs.Length;
        var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / proofs.Length;
        return new LoadResult(1e6 / each, each, each, used, errors);
    }

    private static PresentedToken[] Proofs(ECDsa key, string token, int count, string nonce)
    {
        var signer = new JwsSigner(key, null);
        var now = TimeProvider.System.GetUtcNow();
        var all = new PresentedToken[count];
        Parallel.For(0, count, i => all[i] = new PresentedToken
        {
            Token = token,
            IsDpop = true,
            Method = "GET",
            Uri = Resource + "/orders",
            Proof = DpopProof.Create(signer, "GET", Resource + "/orders", Fresh(), now, nonce, token),
        });
        return all;
    }

    private static string Fresh() => Convert.ToHexString(RandomNumberGenerator.GetBytes(12));

    private static AccessTokenClaims Claims(Jwk key)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new AccessTokenClaims
        {
            Issuer = Issuer,
            Subject = "spiffe://bench.example/agent/a",
            Audience = [Resource],
            ClientId = "spiffe://bench.example/agent/a",
            Scope = "orders:read",
            Authority = Authority.Of(AuthorizationDetail.Of([ActionName.Parse("orders:read")], [Resource])),
            Jti = "at_bench",
            IssuedAt = now,
            ExpiresAt = now.AddMinutes(10),
            Confirmation = new Confirmation.Jkt(key.Thumbprint),
            TaskId = "task_bench",
        };
    }

    /// <summary>A view of the feed that hears a heartbeat often enough.</summary>
    private sealed class FreshView : IDisposable
    {
        private readonly Timer _timer;
        private long _index;

        public FreshView()
        {
            View.Apply(new RevocationFeedMessage.Snapshot("bench", 0, []));
            _timer = new Timer(_ => Beat(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
            Beat();
        }

        public RevocationView View { get; } =
            new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(5), TimeProvider.System);

        public void Dispose() => _timer.Dispose();

        private void Beat() => View.Apply(new RevocationFeedMessage.Heartbeat(
            "bench", Interlocked.Increment(ref _index), TimeProvider.System.GetUtcNow()));
    }
}
