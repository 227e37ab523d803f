using System.Security.Cryptography;

namespace Writ.Protocol.Tests;

public sealed class VerificationKeyCacheTests
{
    [Fact]
    public void The_second_call_gets_the_same_object()
    {
        var cache = new VerificationKeyCache();
        Assert.Same(cache.Get(Jwk.FromEcdsa(Keys.P256)), cache.Get(Jwk.FromEcdsa(Keys.P256)));
    }

    [Fact]
    public void Other_labels_are_another_key()
    {
        var cache = new VerificationKeyCache();
        var key = Jwk.FromEcdsa(Keys.P256);
        Assert.True(cache.Get(key).Fits("ES256"));
        Assert.False(cache.Get(key with { Use = "enc" }).Fits("ES256"));
        Assert.False(cache.Get(key with { Alg = "ES384" }).Fits("ES256"));
        Assert.True(cache.Get(key).Fits("ES256"));
    }

    [Fact]
    public void The_cache_is_bounded_and_keeps_what_is_used()
    {
        var cache = new VerificationKeyCache(8);
        var used = Jwk.FromEcdsa(Keys.P256);
        var held = cache.Get(used);
        for (var i = 0; i < 100; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            cache.Get(Jwk.FromEcdsa(key));
            Assert.Same(held, cache.Get(used));
            Assert.True(cache.Count <= 8, $"{cache.Count} keys");
        }
    }

    [Fact]
    public void Many_threads_may_ask_at_once()
    {
        var cache = new VerificationKeyCache(3);
        var keys = Keys.Ring.Keys.Select(key => key.Jwk).ToList();
        var signature = Keys.SignP256([1, 2, 3]);
        Parallel.For(0, 400, i =>
        {
            var key = cache.Get(keys[i % keys.Count]);
            Assert.Equal(keys[i % keys.Count].Crv == "P-256", key.Verify("ES256", [1, 2, 3], signature));
        });
    }
}
