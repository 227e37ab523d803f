using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>URLs taken apart.</summary>
internal static class UriBuiltins
{
    public static IEnumerable<Builtin> All =>
    [
        new("uri.parse", "(string) => object[string: string]", Parse),
        new("uri.is_valid", "(any) => boolean", (_, a) => RegoBoolean.Of(IsValid(a[0]))),
    ];

    private static RegoObject Parse(BuiltinContext context, Operands a)
    {
        var url = GoUrl.Parse(a.Text(0));
        var parts = new RegoObject.Builder();
        foreach (var (name, value) in new[]
        {
            ("scheme", url.Scheme), ("hostname", url.HostName), ("port", url.Port), ("path", url.Path),
            ("raw_path", url.RawPath), ("raw_query", url.RawQuery), ("fragment", url.Fragment),
        })
        {
            if (value.Length > 0)
                parts.Set(name, RegoString.Of(value));
        }

        return parts.Build();
    }

    private static bool IsValid(RegoValue value)
    {
        try
        {
            return value is RegoString { Value: { Length: > 0 } text } && GoUrl.Parse(text) is not null;
        }
        catch (BuiltinError)
        {
            return false;
        }
    }
}
