using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Writ.Protocol.Tests;

/// <summary>
/// The JWTs that the specifications print. Each is read; those whose key is printed too, in the header, in another
/// token's <c>cnf</c> or as a JWK, verify. The numbers are the ratchet: they may only grow. Unread are two payloads of
/// GNAP that are not JSON and one signature that its draft abridges; unverified is what keys sign that nobody prints.
/// </summary>
public sealed partial class SpecificationTokenTests
{
    private const int Readable = 12;
    private const int Verified = 8;

    [Fact]
    public void Printed_tokens_are_read_and_verify_where_their_key_is_printed()
    {
        if (!Vectors.TryRead("oauth/examples.json", out var examples)
            || !Vectors.TryFind("oauth/wimse-s2s/includes", out var includes))
        {
            return;
        }

        var texts = examples.EnumerateArray().Select(example => example.GetProperty("text").GetString()!)
            .Concat(Directory.EnumerateFiles(includes).Select(File.ReadAllText))
            .ToList();
        var tokens = texts.SelectMany(TokensIn).Distinct().ToList();
        var read = tokens.Select(Read).OfType<UnverifiedJws>().ToList();
        var keys = texts.SelectMany(KeysIn).Concat(read.SelectMany(KeysOf)).Distinct().ToList();
        var verified = read.Count(token => keys.Exists(key => Verifies(token, key)));

        Assert.True(read.Count >= Readable, $"{read.Count} of {tokens.Count} tokens are read");
        Assert.True(verified >= Verified, $"{verified} of {read.Count} tokens verify with one of {keys.Count} keys");
    }

    // Specifications break tokens over lines, with a backslash (RFC 8792) or without.
    [GeneratedRegex(@"\\?\n[ ]*(?=[\w.-]+\\?$)", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex LineBreak();

    [GeneratedRegex(@"ey[\w-]{10,}\.[\w-]+\.[\w-]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Compact();

    private static IEnumerable<string> TokensIn(string text) =>
        Compact().Matches(LineBreak().Replace(text, "")).Select(match => match.Value);

    private static UnverifiedJws? Read(string token) =>
        Jws.TryRead(token, JwsLimits.Default, out var jws, out _) ? jws : null;

    private static IEnumerable<Jwk> KeysIn(string text)
    {
        var start = text.IndexOf('{', StringComparison.Ordinal);
        return start >= 0 && StrictJson.TryParse(text[start..].Trim(), 16, out var json, out _) ? KeysUnder(json) : [];
    }

    private static IEnumerable<Jwk> KeysOf(UnverifiedJws token) =>
        KeysUnder(token.Header.Raw).Concat(KeysUnder(token.PayloadUnverified));

    // Printed private keys are made public first: a key with secret members is refused.
    private static IEnumerable<Jwk> KeysUnder(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Array)
            return json.EnumerateArray().SelectMany(KeysUnder);
        if (json.ValueKind != JsonValueKind.Object)
            return [];
        var bare = JsonNode.Parse(json.GetRawText())!.AsObject();
        bare.Remove("d");
        return Jwk.TryParsePublic(bare.ToJsonString(), out var key, out _)
            ? [key]
            : json.EnumerateObject().SelectMany(member => KeysUnder(member.Value));
    }

    private static bool Verifies(UnverifiedJws token, Jwk jwk)
    {
        using var key = new VerificationKey(jwk);
        return token.TryVerify(key, JwsAlgorithms.All, null, out _, out _);
    }
}
