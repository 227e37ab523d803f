using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Nouns;

/// <summary>The ways in which an identity may prove itself, as options. Only what is public is sent.</summary>
internal sealed class KeyOptions
{
    private readonly Option<string?> _generate = new("--generate-key")
    {
        Description = "Makes a key pair here: the private key in a new file (0600), only the public one is sent.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _jwk = new("--jwk")
    {
        Description = "A file with its public key as JWK.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _certificate = new("--certificate")
    {
        Description = "A file with its client certificate in PEM (mTLS).",
        HelpName = "FILE",
    };

    private readonly Option<string?> _authority = new("--ca-san")
    {
        Description = "A configured certificate authority and the name (SAN) in its certificates (mTLS).",
        HelpName = "CA=SAN",
    };

    private readonly Option<bool> _secret = new("--secret")
    {
        Description = "Asks the broker for a client secret, shown once: an exception, and a finding.",
    };

    private readonly Field _life =
        Field.Span("--key-expires-in", "expires_in_days", "How long the key is good.", TimeSpan.FromDays(1));

    public IEnumerable<Option> All => [_generate, _jwk, _certificate, _authority, _secret, _life.Option];

    /// <summary>What was chosen, at most one; a key pair is made now.</summary>
    /// <exception cref="UsageException">More than one was given, or the file is not what it should be.</exception>
    public TakenKey Take(Call call)
    {
        var given = new[] { call.Get(_generate), call.Get(_jwk), call.Get(_certificate), call.Get(_authority) }
            .Count(value => value is not null) + (call.Get(_secret) ? 1 : 0);
        if (given > 1)
            throw new UsageException("Give one of --generate-key, --jwk, --certificate, --ca-san and --secret.");
        var taken = Taken(call);
        if (taken.Json is { } json && _life.Read(call.Parsed) is { } days)
            json[_life.Member] = days;
        return taken;
    }

    private TakenKey Taken(Call call)
    {
        if (call.Get(_generate) is { } file)
            return Generate(Path.GetFullPath(file, call.Outside.Folder));
        if (call.Get(_jwk) is { } jwk)
            return new TakenKey(OfJwk(Public(jwk, Read(call, jwk))));
        if (call.Get(_certificate) is { } certificate)
            return new TakenKey(new JsonObject { ["kind"] = "certificate", ["pem"] = Read(call, certificate) });
        if (call.Get(_authority) is { } authority)
        {
            return authority.Split('=', 2) is [{ Length: > 0 } ca, { Length: > 0 } san]
                ? new TakenKey(new JsonObject { ["kind"] = "ca_san", ["ca"] = ca, ["san"] = san })
                : throw new UsageException("--ca-san is of the form CA=SAN.");
        }

        return new TakenKey(call.Get(_secret) ? new JsonObject { ["kind"] = "secret" } : null);
    }

    private static TakenKey Generate(string file)
    {
        if (File.Exists(file))
            throw new UnableException($"{file} exists; a key is never overwritten.");
        using var key = AgentKey.CreateFile(file);
        return new TakenKey(OfJwk(Jwk.FromEcdsa(key)), file);
    }

    private static JsonObject OfJwk(Jwk key) => new() { ["kind"] = "jwk", ["jwk"] = JsonNode.Parse(key.ToJson()) };

    private static Jwk Public(string file, string json) =>
        Jwk.TryParsePublic(json, out var key, out var error)
            ? key
            : throw new UnableException($"{file} holds no public JWK: {error}.");

    private static string Read(Call call, string file) => File.ReadAllText(Path.GetFullPath(file, call.Outside.Folder));
}
