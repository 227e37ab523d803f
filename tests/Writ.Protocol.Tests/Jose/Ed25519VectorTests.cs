using System.Text;
using System.Text.Json;

namespace Writ.Protocol.Tests;

// C2SP CCTV ed25519vectors: the corner cases in which implementations differ. Ours is OpenSSL's choice (cofactorless
// equation, R compared as bytes), and above it the key must be canonical and not of low order. So exactly these flags
// refuse; a mere low-order component of A or R, without a residue, does not.
public sealed class Ed25519VectorTests
{
    private static readonly string[] RefusingFlags =
        ["low_order_A", "non_canonical_A", "non_canonical_R", "low_order_residue"];

    [Fact]
    public void Corner_cases_are_judged_by_that_policy_and_no_other()
    {
        if (!Vectors.TryRead("cctv-ed25519/ed25519vectors.json", out var suite))
            return;

        var (accepted, seen) = (0, 0);
        foreach (var test in suite.EnumerateArray())
        {
            var flags = test.TryGetProperty("flags", out var list) && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Select(flag => flag.GetString()).ToList()
                : [];
            var refused = flags.Any(RefusingFlags.Contains);
            var verified = Verifies(test);
            Assert.True(verified == !refused, $"{test.GetProperty("number")}: {string.Join(' ', flags)}");
            (accepted, seen) = (accepted + (verified ? 1 : 0), seen + 1);
        }

        Assert.True(seen >= 914 && accepted > 0, $"{accepted} of {seen}");
    }

    private static bool Verifies(JsonElement test)
    {
        var x = Base64UrlText.Encode(Convert.FromHexString(test.GetProperty("key").GetString()!));
        if (!Jwk.TryParsePublic($$"""{"kty":"OKP","crv":"Ed25519","x":"{{x}}"}""", out var jwk, out _))
            return false;
        using var key = new VerificationKey(jwk);
        return key.Verify(
            "EdDSA",
            Encoding.UTF8.GetBytes(test.GetProperty("msg").GetString()!),
            Convert.FromHexString(test.GetProperty("sig").GetString()!));
    }
}
