using System.CommandLine;
using Writ.Cli.Printing;

namespace Writ.Cli.Nouns;

/// <summary><c>writ identity key</c>: how an identity proves itself. To rotate: add one, revoke the other.</summary>
internal static class IdentityKeys
{
    public static Command Create(Verbs verbs) => new("key", "The keys of an identity.")
    {
        Add(verbs),
        Revoke(verbs),
    };

    private static Command Add(Verbs verbs)
    {
        var name = new Argument<string>("name") { Description = "The identity." };
        var keys = new KeyOptions();
        return verbs.Of("add", "Adds a key; the others stay good until they end or are revoked.", async call =>
        {
            using var key = keys.Take(call);
            if (key.Json is not { } json)
                throw new UsageException("Give one of --generate-key, --jwk, --certificate, --ca-san and --secret.");
            var answer = await call.SendAsync(HttpMethod.Post, IdentityNoun.PathOf(call.Get(name)) + "/keys", json);
            key.Keep();
            call.Print.One(answer);
        }, [name, .. keys.All]);
    }

    private static Command Revoke(Verbs verbs)
    {
        var name = new Argument<string>("name") { Description = "The identity." };
        var id = new Argument<string>("key") { Description = "The key's id, as `writ identity show` lists it." };
        return verbs.Of("revoke", "Refuses a key from now on; every token of the identity dies.", async call =>
            call.Print.Done(
                $"The key {call.Get(id)} of {Cell.Short(call.Get(name))} is revoked.",
                await call.SendAsync(
                    HttpMethod.Delete,
                    $"{IdentityNoun.PathOf(call.Get(name))}/keys/{call.Escaped(id)}")), name, id);
    }
}
