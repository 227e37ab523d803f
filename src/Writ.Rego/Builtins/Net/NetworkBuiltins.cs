using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Net;

/// <summary>The built-ins that reach out of the process: an embedder adds them where an operator allows it.</summary>
public static class NetworkBuiltins
{
    /// <summary><c>http.send</c> and <c>net.lookup_ip_addr</c>, held to what is allowed.</summary>
    public static IEnumerable<Builtin> For(NetworkAccess access) =>
    [
        new("http.send", "(object[string: any]) => object[any: any]", (context, operands) =>
        {
            var request = operands.Object(0);
            RequestParameters.Check(request);
            return context.Remember("http.send", request, () => new HttpExchange(context, access, request).Send());
        })
        {
            IsDeterministic = false,
        },
        new("net.lookup_ip_addr", "(string) => set[string]", (context, operands) =>
        {
            var name = operands.Text(0);
            return context.Remember("net.lookup_ip_addr", RegoString.Of(name), () => LookUp(access, name));
        })
        {
            IsDeterministic = false,
        },
    ];

    private static RegoSet LookUp(NetworkAccess access, string name) =>
        access.LookUp is { } find && access.Allows(name)
            ? RegoSet.Of([.. find(name).Select(RegoString.Of)])
            : throw BuiltinError.Failed($"lookup {name}: not an allowed host");
}
