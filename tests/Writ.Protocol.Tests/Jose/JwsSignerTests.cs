using System.Text;

namespace Writ.Protocol.Tests;

public sealed class JwsSignerTests
{
    [Fact]
    public void What_it_signs_verifies_with_its_public_key()
    {
        foreach (var (key, alg) in new[] { (Keys.P256, "ES256"), (Keys.P384, "ES384") })
        {
            var signer = new JwsSigner(key, "kid-1");
            Assert.Equal(alg, signer.Alg);
            var compact = signer.Sign("at+jwt", """{"sub":"é\"😀"}"""u8);
            Assert.True(Jws.TryRead(compact, JwsLimits.Default, out var jws, out _));
            Assert.True(jws.TryVerify(
                KeyRing.Of(signer.PublicKey), JwsAlgorithms.Ours, "at+jwt", out var token, out var error), error?.Code);
            Assert.Equal("kid-1", token.Header.Kid);
            Assert.Equal("é\"😀", token.Payload.GetProperty("sub").GetString());
        }
    }

    [Fact]
    public void The_header_holds_alg_typ_kid_and_what_is_added()
    {
        var signer = new JwsSigner(Keys.P256, "k");
        Assert.Equal("""{"alg":"ES256","typ":"x+jwt","kid":"k"}""", Header(signer.Sign("x+jwt", "{}"u8)));
        Assert.Equal("""{"alg":"ES256","kid":"k"}""", Header(signer.Sign(null, "{}"u8)));
        Assert.Equal("""{"alg":"ES256"}""", Header(new JwsSigner(Keys.P256, null).Sign(null, "{}"u8)));
        Assert.Equal(
            """{"alg":"ES256","typ":"x+jwt","kid":"k","more":1}""",
            Header(signer.Sign("x+jwt", "{}"u8, writer => writer.WriteNumber("more", 1))));
    }

    [Fact]
    public void Another_curve_is_not_supported() =>
        Assert.Throws<NotSupportedException>(() => new JwsSigner(Keys.P521, "k"));

    [Fact]
    public void One_signer_may_be_used_by_many_threads_at_once()
    {
        var signer = new JwsSigner(Keys.P256, "p256");
        Parallel.For(0, 200, i =>
        {
            var payload = Encoding.ASCII.GetBytes($$"""{"i":{{i}}}""");
            Assert.Null(Keys.Refusal(signer.Sign(i % 2 == 0 ? "a+jwt" : "b+jwt", payload)));
        });
    }

    private static string Header(string compact)
    {
        Assert.True(Base64UrlText.TryDecode(compact.AsSpan(0, compact.IndexOf('.')), out var bytes));
        return Encoding.UTF8.GetString(bytes);
    }
}
