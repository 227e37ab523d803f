using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>What a JOSE header says, its members of the types that RFC 7515 §4.1 gives them.</summary>
internal sealed record JwtHeader(string Algorithm, string KeyId, string ContentType, bool IsAcceptable)
{
    private static readonly string[] Understood = ["alg", "kid", "typ", "cty", "crit"];

    public static JwtHeader Of(RegoObject header)
    {
        var algorithm = TextOf(header, "alg");
        TextOf(header, "typ");
        var critical = Critical(header);

        // §4.1.1: an algorithm there must be; §4.1.11: what is critical must be understood.
        var isAcceptable = algorithm.Length > 0
            && !critical.Any(name => !Understood.Contains(name, StringComparer.Ordinal) && header.TryGet(name, out _));
        return new JwtHeader(algorithm, TextOf(header, "kid"), TextOf(header, "cty"), isAcceptable);
    }

    private static string TextOf(RegoObject header, string name) => header.TryGet(name, out var value)
        ? (value as RegoString ?? throw BuiltinError.Failed($"{name}: must be a string")).Value
        : "";

    private static List<string> Critical(RegoObject header)
    {
        if (!header.TryGet("crit", out var value))
        {
            return [];
        }

        var list = value as RegoArray ?? throw BuiltinError.Failed("crit: must be a list");
        var names = new List<string>();
        foreach (var name in list)
        {
            names.Add((name as RegoString ?? throw BuiltinError.Failed("crit: must be a list of strings")).Value);
        }

        return names.Count > 0 ? names : throw BuiltinError.Failed("crit: must be a nonempty list");
    }
}
